import { contentTypeOf } from "@supportcarr/client/uploads";

const LARGEST_SIDE = 2_560; // pixels: finer than what a person sees of a scratch on a bike
const ENOUGH_BYTES = 1_000_000;
const QUALITY = 0.85;

/** The width and height of a photo that is made smaller; `null` if it is small enough. */
export function smallerSize({ width, height }: { width: number; height: number }, largest = LARGEST_SIDE): { width: number; height: number } | null {
  const factor = largest / Math.max(width, height);
  return factor < 1 ? { width: Math.round(width * factor), height: Math.round(height * factor) } : null;
}

/**
 * A photo of the camera, small enough for a bad line: a few hundred kilobytes instead of ten megabytes.  Upright, and
 * without its metadata, of which the platform keeps nothing either.  As it is if it is small, if this browser cannot
 * read it, or if that would not make it smaller.
 */
export async function shrinkPhoto(file: File): Promise<File> {
  if (file.size <= ENOUGH_BYTES || !contentTypeOf(file).startsWith("image/")) return file;
  try {
    const smaller = await encodedSmaller(file);
    return smaller && smaller.size < file.size ? new File([smaller], file.name.replace(/\.\w+$/, "") + ".jpg", { type: smaller.type, lastModified: file.lastModified }) : file;
  } catch {
    return file; // for example HEIC outside of Safari: the platform reads it
  }
}

async function encodedSmaller(file: File): Promise<Blob | null> {
  const image = await createImageBitmap(file); // turned as its metadata says
  try {
    const { width, height } = smallerSize(image) ?? image;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (!context) return null;
    context.fillStyle = "#fff"; // what is transparent is white, as on the platform
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, height);
    return await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  } finally {
    image.close();
  }
}

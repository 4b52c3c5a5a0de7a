import { contentTypeOf, MAX_UPLOAD_BYTES } from "@supportcarr/client/uploads";

export const MAX_PHOTOS = 10; // of each person and stage

const PICTURES = new Set(["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]);

/** Why a file cannot be a photo of the job; `null` if it can. */
export function refusalOf(file: Pick<File, "name" | "type" | "size">): "wrongType" | "tooLarge" | null {
  if (!PICTURES.has(contentTypeOf(file))) return "wrongType";
  return file.size > MAX_UPLOAD_BYTES ? "tooLarge" : null;
}

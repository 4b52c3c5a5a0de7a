import { Buffer } from "node:buffer";

import type { Browser } from "playwright-core";

const LEAST_BYTES = 8_000_000;
const MOST_BYTES = 12_000_000;

/** A photo (JPEG) of a phone's camera: 12 megapixels, 8 to 12 MB. */
export async function cameraPhoto(browser: Browser): Promise<Buffer> {
  const page = await browser.newPage();
  try {
    const encoded = await page.evaluate(
      async ([least, most]) => {
        const canvas = document.createElement("canvas");
        canvas.width = 4_032;
        canvas.height = 3_024;
        const context = canvas.getContext("2d");
        if (!context) return "";
        const image = context.createImageData(canvas.width, canvas.height);
        for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : 110 + (at / 400_000) + Math.random() * 40; // a wall with its grain
        context.putImageData(image, 0, 0);
        for (let quality = 0.98; quality > 0.4; quality -= 0.03) {
          const photo = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
          if (!photo || photo.size > most) continue;
          if (photo.size < least) break;
          return await new Promise<string>((done) => {
            const reader = new FileReader();
            reader.onload = () => done((reader.result as string).split(",")[1] ?? "");
            reader.readAsDataURL(photo);
          });
        }
        return "";
      },
      [LEAST_BYTES, MOST_BYTES] as const,
    );
    if (!encoded) throw new Error("no quality makes a photo of that size");
    return Buffer.from(encoded, "base64");
  } finally {
    await page.close();
  }
}

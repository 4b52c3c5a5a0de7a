// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";

import { shrinkPhoto, smallerSize } from "./shrinkPhoto.ts";

const photo = (bytes: number, name = "bike.png") => new File([new Uint8Array(bytes)], name, { type: "image/png" });

afterEach(() => vi.unstubAllGlobals());

/** A browser that reads every image as one of that size, and encodes it in so many bytes. */
function readsAs(size: { width: number; height: number }, bytes: number) {
  const close = vi.fn();
  vi.stubGlobal("createImageBitmap", () => Promise.resolve({ ...size, close }));
  const drawn: number[][] = [];
  const context = { fillRect: () => undefined, drawImage: (_: unknown, ...box: number[]) => drawn.push(box) };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done, type) => done(new Blob([new Uint8Array(bytes)], { type: type ?? "" })));
  return { close, drawn };
}

test("a photo is made smaller by its longer side, and never larger", () => {
  expect(smallerSize({ width: 4_000, height: 3_000 }, 2_000)).toEqual({ width: 2_000, height: 1_500 });
  expect(smallerSize({ width: 3_000, height: 4_000 }, 2_000)).toEqual({ width: 1_500, height: 2_000 });
  expect(smallerSize({ width: 2_000, height: 1_000 }, 2_000)).toBeNull();
});

test("a large photo is a small JPEG afterwards", async () => {
  const { close, drawn } = readsAs({ width: 5_120, height: 2_560 }, 300);
  const smaller = await shrinkPhoto(photo(9_000_000));
  expect(smaller).toMatchObject({ name: "bike.jpg", type: "image/jpeg", size: 300 });
  expect(drawn).toEqual([[0, 0, 2_560, 1_280]]);
  expect(close).toHaveBeenCalled();
});

test("a photo is as it was if it is small, if the browser cannot read it, or if that would not help", async () => {
  const small = photo(1_000);
  expect(await shrinkPhoto(small)).toBe(small);
  const unreadable = photo(2_000_000, "bike.heic");
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new Error("cannot be decoded")));
  expect(await shrinkPhoto(unreadable)).toBe(unreadable);
  readsAs({ width: 100, height: 100 }, 3_000_000);
  const dense = photo(2_000_000);
  expect(await shrinkPhoto(dense)).toBe(dense);
});

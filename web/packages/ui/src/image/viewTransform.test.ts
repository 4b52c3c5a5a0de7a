import { describe, expect, it } from "vitest";

import { clampView, fittedSize, MAX_SCALE, pan, turn, WHOLE, zoomAt } from "./viewTransform.ts";

const FRAME = { width: 400, height: 300 };
const PICTURE = { width: 4000, height: 1500 }; // fits as 400 × 150

describe("a picture in its frame", () => {
  it("fits by its longer side, also when it is turned", () => {
    expect(fittedSize(FRAME, PICTURE, 0)).toEqual({ width: 400, height: 150 });
    expect(fittedSize(FRAME, PICTURE, 1)).toEqual({ width: 112.5, height: 300 });
    expect(fittedSize(FRAME, { width: 0, height: 0 }, 0)).toEqual({ width: 0, height: 0 });
  });

  it("keeps what is under the pointer there while it is zoomed", () => {
    const at = { x: 100, y: -50 };
    const before = { ...WHOLE, x: 10, y: 20 };
    const after = zoomAt(before, 2, at);
    // the same point of the picture: distance from its centre, in units of the scale
    expect([(at.x - after.x) / after.scale, (at.y - after.y) / after.scale]).toEqual([(at.x - before.x) / before.scale, (at.y - before.y) / before.scale]);
  });

  it("is neither smaller than the frame nor larger than the limit", () => {
    expect(zoomAt(WHOLE, 0.5, { x: 0, y: 0 }).scale).toBe(1);
    expect(zoomAt(WHOLE, 100, { x: 0, y: 0 }).scale).toBe(MAX_SCALE);
  });

  it("cannot be dragged out of the frame", () => {
    expect(clampView(pan(WHOLE, 500, 500), FRAME, PICTURE)).toEqual(WHOLE);
    expect(clampView(pan({ ...WHOLE, scale: 4 }, 9999, -9999), FRAME, PICTURE)).toEqual({ scale: 4, x: 600, y: -150, turns: 0 });
  });

  it("is shown whole again when it is turned", () => {
    expect(turn({ scale: 3, x: 5, y: 6, turns: 3 })).toEqual(WHOLE);
  });
});

import { describe, expect, it } from "vitest";

import { bearing, glideTo, headingOf, isGliding, positionOf, standAt } from "./glide.ts";
import type { LngLat } from "./types.ts";

const A: LngLat = [-73.57, 45.5];
const B: LngLat = [-73.569, 45.5];
const C: LngLat = [-73.569, 45.501];

describe("a truck on the map", () => {
  it("moves evenly from one position to the next in the time between them", () => {
    const glide = glideTo(standAt(A, null, 0), B, null, 2_000);
    expect(positionOf(glide, 2_000)).toEqual(A);
    expect(positionOf(glide, 3_000)[0]).toBeCloseTo(-73.5695, 6);
    expect(positionOf(glide, 4_000)).toEqual(B);
    expect(positionOf(glide, 9_000)).toEqual(B);
  });

  it("goes on from where it is drawn when a position comes early", () => {
    const first = glideTo(standAt(A, null, 0), B, null, 2_000);
    const second = glideTo(first, C, null, 3_000);
    expect(positionOf(second, 3_000)).toEqual(positionOf(first, 3_000));
    expect(positionOf(second, 4_000)).toEqual(C);
  });

  it("does not glide across the city", () => {
    const glide = glideTo(standAt(A, null, 0), [-73.5, 45.6], null, 2_000);
    expect(positionOf(glide, 2_000)).toEqual([-73.5, 45.6]);
    expect(isGliding(glide, 2_000)).toBe(false);
  });

  it("glides no longer than 6 s after a gap, and never in less than a quarter of a second", () => {
    expect(glideTo(standAt(A, null, 0), B, null, 60_000).durationMs).toBe(6_000);
    expect(glideTo(standAt(A, null, 0), B, null, 1).durationMs).toBe(250);
  });

  it("faces where it drives, and keeps facing there when it stands", () => {
    const east = glideTo(standAt(A, null, 0), B, null, 2_000);
    expect(headingOf(east, 2_000)).toBeCloseTo(90, 0);
    expect(headingOf(glideTo(east, B, null, 4_000), 9_000)).toBeCloseTo(90, 0);
  });

  it("turns the shorter way round", () => {
    const glide = glideTo(standAt(A, 350, 0), B, 10, 1_000);
    const halfway = headingOf(glide, 1_000 + 0.35 * 500) ?? -1;
    expect(Math.min(halfway, 360 - halfway)).toBeLessThan(0.001);
    expect(headingOf(glide, 2_000)).toBe(10);
  });

  it("needs no drawing once it has arrived", () => {
    const glide = glideTo(standAt(A, null, 0), B, null, 2_000);
    expect(isGliding(glide, 3_999)).toBe(true);
    expect(isGliding(glide, 4_000)).toBe(false);
  });
});

it("tells no direction from the noise of a receiver at rest", () => expect(bearing(A, [-73.57001, 45.50001])).toBeNull());

import { describe, expect, it } from "vitest";

import { boundsOf, fitMargins, isNear, needsFit } from "./view.ts";

const box = { left: 20, top: 20, right: 380, bottom: 500 };

describe("a map that keeps points in view", () => {
  it("rests while they are well in view", () => expect(needsFit([{ x: 60, y: 60 }, { x: 300, y: 420 }], box)).toBe(false));
  it("moves when one leaves the visible part", () => expect(needsFit([{ x: 60, y: 60 }, { x: 300, y: 620 }], box)).toBe(true));
  it("comes nearer when all are close together", () => expect(needsFit([{ x: 200, y: 200 }, { x: 220, y: 230 }], box)).toBe(true));
  it("rests with a single point in view, or none", () => {
    expect(needsFit([{ x: 200, y: 200 }], box)).toBe(false);
    expect(needsFit([], box)).toBe(false);
  });
});

it("knows the bounds of points", () => {
  expect(boundsOf([[1, 2], [-1, 5]])).toEqual([-1, 2, 1, 5]);
  expect(boundsOf([])).toBeNull();
});

it("takes positions a few centimetres apart as the same", () => {
  expect(isNear([1, 2], [1.0000001, 2])).toBe(true);
  expect(isNear([1, 2], [1.001, 2])).toBe(false);
});

it("a map keeps room for pins and buttons, a small one less", () => {
  expect(fitMargins(390, 480)).toEqual({ left: 84, right: 84, top: 76, bottom: 32 });
  const small = fitMargins(300, 150);
  expect(small.left + small.right).toBeLessThan(150);
  expect(small.top + small.bottom).toBeLessThan(75);
});

import { expect, test } from "vitest";

import { isWorthKeeping, metresBetween, reportInterval, withinLimit } from "./buffer.ts";

const at = (seconds: number, lat = 45.5) => ({ lat, lng: -73.6, at: new Date(Date.UTC(2026, 0, 1, 10, 0, seconds)).toISOString() });

test("a truck that stands still is kept every twenty seconds, one that moves at once", () => {
  expect(isWorthKeeping(undefined, at(0))).toBe(true);
  expect(isWorthKeeping(at(0), at(5))).toBe(false);
  expect(isWorthKeeping(at(0), at(20))).toBe(true);
  expect(isWorthKeeping(at(0), at(2, 45.5002))).toBe(true);
});

test("a degree of latitude is 111 km", () => expect(metresBetween({ lat: 45, lng: -73 }, { lat: 46, lng: -73 })).toBeCloseTo(111_195, -2));

test("a day without a connection fits", () => expect(withinLimit(Array.from({ length: 6_000 }, (_, i) => i))).toHaveLength(5_000));

test.each([
  [1, 4_000],
  [12, 1_000],
  [60, 1_000],
])("at speed %d positions are reported every %d ms", (speed, ms) => expect(reportInterval(speed)).toBe(ms));

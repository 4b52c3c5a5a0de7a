// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Fix, useLocation } from "../useGeolocation.ts";
import { metresBetween } from "./buffer.ts";
import { towards, watchPlace } from "./demoDrive.ts";

const PLACE = { lat: 45.52, lng: -73.57 };
const GOAL = { lat: 45.53, lng: -73.57 };
const demo = { place: PLACE, isServed: ({ lat }: { lat: number }) => lat > 45 && lat < 46, speed: 10 };

let answer: (position: GeolocationPosition) => void;
let refuse: (error: GeolocationPositionError) => void;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  useLocation.setState({ state: "off", fix: null, pretended: false });
  const geolocation = {
    watchPosition: (found: typeof answer, failed: typeof refuse) => {
      answer = found;
      refuse = failed;
      return 1;
    },
    getCurrentPosition: () => undefined,
    clearWatch: () => undefined,
  };
  vi.stubGlobal("navigator", { geolocation });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const position = (lat: number) => ({ coords: { latitude: lat, longitude: -73.6, accuracy: 10, heading: null, speed: null } }) as GeolocationPosition;

test("a truck goes straight to its goal and stops there", () => {
  const half = towards(PLACE, GOAL, metresBetween(PLACE, GOAL) / 2);
  expect(half.lat).toBeCloseTo(45.525, 4);
  expect(half.heading).toBeCloseTo(0);
  expect(towards(PLACE, GOAL, 1e6)).toMatchObject(GOAL);
  expect(towards(GOAL, GOAL, 5).heading).toBeNull();
});

test("a device that knows a served place is believed", () => {
  const fixes: Fix[] = [];
  const stop = watchPlace(1_000, (fix) => fixes.push(fix), { ...demo, goal: () => GOAL });
  answer(position(45.5));
  vi.advanceTimersByTime(20_000);
  expect(fixes.map(({ lat }) => lat)).toEqual([45.5]);
  expect(useLocation.getState().pretended).toBe(false);
  stop();
});

test.each([
  ["far away", () => answer(position(10))],
  ["not allowed", () => refuse({ code: 1 } as GeolocationPositionError)],
  ["without an answer", () => vi.advanceTimersByTime(8_000)],
])("with a device %s the truck drives by itself, and goes on there after a reload", (_, act) => {
  const fixes: Fix[] = [];
  let goal: typeof GOAL | null = null;
  const stop = watchPlace(1_000, (fix) => fixes.push(fix), { ...demo, goal: () => goal });
  act();
  expect(fixes[0]).toMatchObject(PLACE);
  expect(useLocation.getState()).toMatchObject({ state: "found", pretended: true });
  goal = GOAL;
  vi.advanceTimersByTime(3_000);
  const there = fixes.at(-1);
  expect(metresBetween(PLACE, there ?? PLACE)).toBeCloseTo(420, 0);
  stop();
  const again: Fix[] = [];
  watchPlace(1_000, (fix) => again.push(fix), { ...demo, goal: () => null })();
  const later = watchPlace(1_000, (fix) => again.push(fix), { ...demo, goal: () => null });
  vi.advanceTimersByTime(8_000);
  expect(again[0]?.lat).toBe(there?.lat);
  later();
});

import { expect, test } from "vitest";

import { whereabouts } from "./whereabouts.ts";

const SQUARE = { id: "a", name: "A", timezone: "UTC", currency: "CAD", boundary: [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]] as [number, number][] };
const DEMO = { lat: 5, lng: 5 };
const at = (lat: number) => ({ state: "found" as const, fix: { lat, lng: 1, accuracy: 10 } });

test("what the device knows counts, in an area or without a demo", () => {
  expect(whereabouts(at(2), [SQUARE], DEMO)).toMatchObject({ at: { lat: 2 }, pretended: false });
  expect(whereabouts(at(50), [SQUARE], null)).toMatchObject({ at: { lat: 50 }, pretended: false });
  expect(whereabouts({ state: "denied" }, [SQUARE], undefined)).toEqual({ at: null, pretended: false });
});

test.each([at(50), { state: "denied" as const }, { state: "asking" as const }])("a demo has a place for a device that knows none in an area", (location) => {
  expect(whereabouts(location, [SQUARE], DEMO)).toEqual({ at: DEMO, pretended: true });
});

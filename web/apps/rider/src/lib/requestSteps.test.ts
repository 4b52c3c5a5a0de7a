import { expect, test } from "vitest";

import { EMPTY_DRAFT, isReachable, nextStep, quoteRequestOf, type RequestDraft, stepBefore, stepsOf } from "./requestSteps.ts";

const SPOT = { lat: 45.52, lng: -73.58, address: null };
const HOME = { lat: 45.55, lng: -73.6, address: "1 Home St" };
const draft = (more: Partial<RequestDraft>): RequestDraft => ({ ...EMPTY_DRAFT, ...more });
const complete = draft({ pickup: SPOT, problem: "flat_tire", bikeId: null, dropoff: HOME });

test("the next step is the first that is not answered", () => {
  expect(nextStep(draft({}))).toBe("pickup");
  expect(nextStep(draft({ pickup: SPOT }))).toBe("problem");
  expect(nextStep(draft({ pickup: SPOT, problem: "flat_tire" }))).toBe("bike");
  expect(nextStep(draft({ pickup: SPOT, problem: "flat_tire", bikeId: null }))).toBe("dropoff");
  expect(nextStep(complete)).toBe("review");
});

test("a damaged battery is asked about, and a dangerous one goes no further", () => {
  const damaged = draft({ pickup: SPOT, problem: "damaged_battery", bikeId: null, dropoff: HOME });
  expect(nextStep(damaged)).toBe("battery");
  expect(nextStep({ ...damaged, battery: { smoking: true, swollen: false, hot: false } })).toBe("battery");
  expect(nextStep({ ...damaged, battery: { smoking: false, swollen: true, hot: false } })).toBe("battery");
  const warm = { ...damaged, battery: { smoking: false, swollen: false, hot: true } };
  expect(nextStep(warm)).toBe("review");
  expect(quoteRequestOf(warm)).toMatchObject({ problem: "damaged_battery", battery: { hot: true } });
});

test("a load is described instead of a bike", () => {
  const load = draft({ pickup: SPOT, kind: "hauling", dropoff: HOME });
  expect(stepsOf(load)).not.toContain("bike");
  expect(nextStep(load)).toBe("load");
  expect(quoteRequestOf({ ...load, note: "A sofa" })).toEqual({ kind: "hauling", pickup: { lat: 45.52, lng: -73.58 }, dropoff: { lat: 45.55, lng: -73.6, address: "1 Home St" } });
});

test("a step is reachable once those before it are answered", () => {
  expect(isReachable("dropoff", draft({ pickup: SPOT, problem: "flat_tire" }))).toBe(false);
  expect(isReachable("dropoff", complete)).toBe(true);
  expect(isReachable("battery", complete)).toBe(false);
  expect(stepBefore("bike", complete)).toBe("problem");
  expect(stepBefore("pickup", complete)).toBeNull();
});

test("only what was said is asked", () => {
  expect(quoteRequestOf(draft({ pickup: SPOT }))).toBeNull();
  expect(quoteRequestOf(complete)).toEqual({ kind: "rescue", problem: "flat_tire", pickup: { lat: 45.52, lng: -73.58 }, dropoff: { lat: 45.55, lng: -73.6, address: "1 Home St" } });
  expect(quoteRequestOf({ ...complete, bikeId: "bik_1", promoCode: " SPRING ", scheduledFor: "2026-05-01T10:00:00Z" })).toMatchObject({
    bike_id: "bik_1",
    promo_code: "SPRING",
    scheduled_for: "2026-05-01T10:00:00Z",
  });
});

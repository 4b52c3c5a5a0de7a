import { describe, expect, it } from "vitest";

import type { DriverPosition } from "./api/types.ts";
import { applyPositions, bearing, interpolatePosition, isAnimating, mergeTruckSnapshot, removeSilentTrucks, type Trucks } from "./trucks.ts";

const NONE: Trucks = new Map();
const position = (overrides: Partial<DriverPosition> = {}) => ({ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: "2026-03-02T16:00:00Z", ...overrides });
const later = "2026-03-02T16:00:05Z";

describe("a truck", () => {
  it("moves between two positions in the time that passed between them", () => {
    const trucks = applyPositions(applyPositions(NONE, [position()], 0), [position({ lat: 45.502 })], 1_000);
    const truck = trucks.get("usr_1");
    if (!truck) throw new Error("the truck is gone");
    expect(interpolatePosition(truck, 1_000).lat).toBeCloseTo(45.5);
    expect(interpolatePosition(truck, 1_500).lat).toBeCloseTo(45.501);
    expect(interpolatePosition(truck, 9_000).lat).toBeCloseTo(45.502);
    expect([isAnimating(trucks, 1_500), isAnimating(trucks, 2_000)]).toEqual([true, false]);
  });

  it("continues from where it is drawn when the next position comes early", () => {
    const trucks = applyPositions(applyPositions(applyPositions(NONE, [position()], 0), [position({ lat: 45.502 })], 1_000), [position({ lat: 45.504 })], 1_500);
    expect(trucks.get("usr_1")?.animateFrom.lat).toBeCloseTo(45.501);
  });

  it("does not fly across the city after a long silence", () => {
    const truck = applyPositions(applyPositions(NONE, [position()], 0), [position({ lat: 45.6 })], 1_000).get("usr_1");
    expect(truck?.animateFrom.lat).toBe(45.6);
  });

  it("has the reported heading, otherwise that of its movement, otherwise the last known one", () => {
    const parked = applyPositions(NONE, [position()], 0);
    expect(parked.get("usr_1")?.heading).toBeNull();
    const east = applyPositions(parked, [position({ lng: -73.599 })], 1_000);
    expect(east.get("usr_1")?.heading).toBeCloseTo(90);
    expect(applyPositions(east, [position({ lng: -73.599 })], 2_000).get("usr_1")?.heading).toBeCloseTo(90);
    expect(applyPositions(east, [position({ heading: 12 })], 2_000).get("usr_1")?.heading).toBe(12);
  });

  it("is removed when it has been silent", () => {
    const trucks = applyPositions(applyPositions(NONE, [position()], 0), [position({ driver_id: "usr_2" })], 40_000);
    expect([...removeSilentTrucks(trucks, 50_000).keys()]).toEqual(["usr_2"]);
    expect(removeSilentTrucks(trucks, 41_000)).toBe(trucks);
  });
});

describe("a snapshot of trucks", () => {
  it("does not revert positions received in the meantime", () => {
    const state = applyPositions(NONE, [position({ lat: 45.51, at: later })], 0);
    expect(mergeTruckSnapshot(state, [position()], "2026-03-02T16:00:01Z", 10).get("usr_1")?.lat).toBe(45.51);
    expect(mergeTruckSnapshot(state, [], "2026-03-02T16:00:01Z", 10).size).toBe(1);
  });

  it("contains the heading and the arrival time of each truck", () => {
    const first = mergeTruckSnapshot(NONE, [{ ...position(), heading: 135, rescue_id: "res_1", eta_seconds: 240 }], later, 10);
    expect(first.get("usr_1")).toMatchObject({ heading: 135, rescueId: "res_1", etaSeconds: 240 });
  });

  it("removes trucks that are no longer on the road", () => {
    expect(mergeTruckSnapshot(applyPositions(NONE, [position()], 0), [], later, 10).size).toBe(0);
  });
});

it.each([
  [{ lat: 45.51, lng: -73.6 }, 0],
  [{ lat: 45.49, lng: -73.6 }, 180],
  [{ lat: 45.5, lng: -73.61 }, 270],
])("has a bearing to %o of %d degrees", (to, degrees) => expect(bearing({ lat: 45.5, lng: -73.6 }, to)).toBeCloseTo(degrees));

it("has no bearing to a point one metre away", () => expect(bearing({ lat: 45.5, lng: -73.6 }, { lat: 45.50001, lng: -73.6 })).toBeNull());

import { describe, expect, it } from "vitest";

import type { DriverPoint } from "./api.ts";
import { bearing, drawnAt, driven, gliding, heardLately, snapshot, type Trucks } from "./trucks.ts";

const none: Trucks = new Map();
const fix = (over: Partial<DriverPoint> = {}) => ({ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: "2026-03-02T16:00:00Z", ...over });
const point = fix();
const later = "2026-03-02T16:00:05Z";

describe("a truck", () => {
  it("glides from fix to fix in the time that lay between them", () => {
    const trucks = driven(driven(none, [fix()], 0), [fix({ lat: 45.502 })], 1_000);
    const truck = trucks.get("usr_1");
    if (!truck) throw new Error("the truck is gone");
    expect(drawnAt(truck, 1_000).lat).toBeCloseTo(45.5);
    expect(drawnAt(truck, 1_500).lat).toBeCloseTo(45.501);
    expect(drawnAt(truck, 9_000).lat).toBeCloseTo(45.502);
    expect([gliding(trucks, 1_500), gliding(trucks, 2_000)]).toEqual([true, false]);
  });

  it("goes on from where it is drawn when the next fix comes early", () => {
    const trucks = driven(driven(driven(none, [fix()], 0), [fix({ lat: 45.502 })], 1_000), [fix({ lat: 45.504 })], 1_500);
    expect(trucks.get("usr_1")?.from.lat).toBeCloseTo(45.501);
  });

  it("does not fly across the city after a silence", () => {
    const truck = driven(driven(none, [fix()], 0), [fix({ lat: 45.6 })], 1_000).get("usr_1");
    expect(truck?.from.lat).toBe(45.6);
  });

  it("has the heading that it reports, else that of its movement, else the last known", () => {
    const still = driven(none, [fix()], 0);
    expect(still.get("usr_1")?.heading).toBeNull();
    const east = driven(still, [fix({ lng: -73.599 })], 1_000);
    expect(east.get("usr_1")?.heading).toBeCloseTo(90);
    expect(driven(east, [fix({ lng: -73.599 })], 2_000).get("usr_1")?.heading).toBeCloseTo(90);
    expect(driven(east, [fix({ heading: 12 })], 2_000).get("usr_1")?.heading).toBe(12);
  });

  it("vanishes when it has been silent", () => {
    const trucks = driven(driven(none, [fix()], 0), [fix({ driver_id: "usr_2" })], 40_000);
    expect([...heardLately(trucks, 50_000).keys()]).toEqual(["usr_2"]);
    expect(heardLately(trucks, 41_000)).toBe(trucks);
  });
});

describe("trucks that were read", () => {
  it("do not take back what was heard meanwhile", () => {
    const heard = driven(none, [fix({ lat: 45.51, at: later })], 0);
    expect(snapshot(heard, [point], "2026-03-02T16:00:01Z", 10).get("usr_1")?.lat).toBe(45.51);
    expect(snapshot(heard, [], "2026-03-02T16:00:01Z", 10).size).toBe(1);
  });

  it("say at first sight where each truck heads, and how soon it is there", () => {
    const first = snapshot(none, [{ ...point, heading: 135, rescue_id: "res_1", eta_seconds: 240 }], later, 10);
    expect(first.get("usr_1")).toMatchObject({ heading: 135, rescueId: "res_1", etaSeconds: 240 });
  });

  it("leave out those that are on the road no more", () => {
    expect(snapshot(driven(none, [fix()], 0), [], later, 10).size).toBe(0);
  });
});

it.each([
  [{ lat: 45.51, lng: -73.6 }, 0],
  [{ lat: 45.49, lng: -73.6 }, 180],
  [{ lat: 45.5, lng: -73.61 }, 270],
])("points to %o at %d degrees", (to, degrees) => expect(bearing({ lat: 45.5, lng: -73.6 }, to)).toBeCloseTo(degrees));

it("tells no direction from a metre", () => expect(bearing({ lat: 45.5, lng: -73.6 }, { lat: 45.50001, lng: -73.6 })).toBeNull());

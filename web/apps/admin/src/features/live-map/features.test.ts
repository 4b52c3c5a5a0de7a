import type { FeatureCollection } from "geojson";
import { describe, expect, it } from "vitest";

import type { LiveRescue } from "../../lib/rescues.ts";
import type { Truck } from "../../lib/trucks.ts";
import { rescueFeatures, tieFeatures, truckFeatures } from "./features.ts";
import { tipOf } from "./tips.ts";

const PICKUP = { lat: 45.5, lng: -73.6 };
const HOME = { lat: 45.55, lng: -73.62 };
const rescue = (status: string, over: Partial<LiveRescue> = {}): LiveRescue => ({
  id: "res_qc_000001",
  status,
  version: 3,
  requested_at: "2026-03-02T16:00:00Z",
  pickup: PICKUP,
  dropoff: HOME,
  ...over,
});
const truck = (over: Partial<Truck> = {}): Truck => ({
  id: "usr_1",
  lat: 45.52,
  lng: -73.58,
  from: { lat: 45.52, lng: -73.58 },
  seenAt: 0,
  glideMs: 250,
  at: "",
  heading: 90,
  rescueId: "res_qc_000001",
  etaSeconds: null,
  ...over,
});
const rescues = (...all: LiveRescue[]) => new Map(all.map((one) => [one.id, one]));
const trucks = (...all: Truck[]) => new Map(all.map((one) => [one.id, one]));
const properties = (collection: FeatureCollection) => collection.features.map((feature) => feature.properties as { icon: string; chosen: boolean });
const chosen = (collection: FeatureCollection) => properties(collection).map((one) => one.chosen);

describe("the signs on the map", () => {
  it.each([
    ["matching", "pin-waiting", [-73.6, 45.5]],
    ["en_route", "pin-awaited", [-73.6, 45.5]],
    ["arrived", "pin-awaited", [-73.6, 45.5]],
    ["in_transit", "pin-home", [-73.62, 45.55]],
  ])("show a rescue that is %s as %s", (status, icon, coordinates) => {
    const [feature] = rescueFeatures(rescues(rescue(status)), null).features;
    expect(feature).toMatchObject({ properties: { icon, chosen: false }, geometry: { coordinates } });
  });

  it("leave out what has no place yet", () => {
    expect(rescueFeatures(rescues(rescue("requested", { pickup: null })), null).features).toEqual([]);
  });

  it.each([
    ["en_route", {}, "truck-coming"],
    ["in_transit", {}, "truck-loaded"],
    ["en_route", { rescueId: null }, "truck-free"],
    ["en_route", { heading: null }, "truck-coming-still"],
  ])("show the truck of a rescue that is %s, %o, as %s", (status, over, icon) => {
    expect(properties(truckFeatures(trucks(truck(over)), rescues(rescue(status)), null, 9))).toMatchObject([{ icon }]);
  });

  it("mark the rescue that is open, and its truck", () => {
    const all = rescues(rescue("en_route"), rescue("matching", { id: "res_qc_000002" }));
    expect(chosen(rescueFeatures(all, "res_qc_000001"))).toEqual([true, false]);
    const drivers = trucks(truck(), truck({ id: "usr_2", rescueId: null }));
    expect(chosen(truckFeatures(drivers, all, "res_qc_000001", 9))).toEqual([true, false]);
  });
});

describe("the lines on the map", () => {
  const lines = (status: string, opened: string | null) =>
    tieFeatures(trucks(truck(), truck({ id: "usr_2", rescueId: null })), rescues(rescue(status)), opened, 9).features.map(
      ({ properties: said, geometry }) => [said?.kind as string, geometry.coordinates.at(-1)] as const,
    );

  it("lead from a busy truck to where it is wanted", () => {
    expect(lines("en_route", null)).toEqual([["coming", [-73.6, 45.5]]]);
    expect(lines("in_transit", null)).toEqual([["loaded", [-73.62, 45.55]]]);
  });

  it("show the way home of the rescue that is open", () => {
    expect(lines("en_route", "res_qc_000001")).toEqual([
      ["coming", [-73.6, 45.5]],
      ["later", [-73.62, 45.55]],
    ]);
    expect(lines("in_transit", "res_qc_000001")).toHaveLength(1);
  });
});

describe("the word at the pointer", () => {
  const known = rescues(rescue("en_route"));
  it("names a rescue and its state", () => expect(tipOf({ id: "res_qc_000001" }, known, trucks())).toEqual({ name: "Rescue 000001", state: "On the way" }));
  it("names a truck by its rescue, and says when it is there", () =>
    expect(tipOf({ id: "usr_1" }, known, trucks(truck({ etaSeconds: 200 })))).toEqual({ name: "Truck of 000001", state: "On the way · arrives in 3 min" }));
  it("names a free truck", () => expect(tipOf({ id: "usr_1" }, known, trucks(truck({ rescueId: null })))).toEqual({ name: "Free truck", state: null }));
  it("says nothing of what has gone", () => expect(tipOf({ id: "res_gone" }, known, trucks())).toBeNull());
});

import type { FeatureCollection } from "geojson";
import { describe, expect, it } from "vitest";

import type { LiveRescue } from "../../lib/liveRescues.ts";
import type { Truck } from "../../lib/trucks.ts";
import { legFeatures, rescueFeatures, truckFeatures } from "./geojson.ts";

const PICKUP = { lat: 45.5, lng: -73.6 };
const DROPOFF = { lat: 45.55, lng: -73.62 };
const rescue = (status: string, overrides: Partial<LiveRescue> = {}): LiveRescue => ({
  id: "res_qc_000001",
  status,
  version: 3,
  requested_at: "2026-03-02T16:00:00Z",
  pickup: PICKUP,
  dropoff: DROPOFF,
  ...overrides,
});
const truck = (overrides: Partial<Truck> = {}): Truck => ({
  id: "usr_1",
  lat: 45.52,
  lng: -73.58,
  animateFrom: { lat: 45.52, lng: -73.58 },
  receivedAt: 0,
  animationMs: 250,
  at: "",
  heading: 90,
  rescueId: "res_qc_000001",
  etaSeconds: null,
  ...overrides,
});
const rescues = (...all: LiveRescue[]) => new Map(all.map((item) => [item.id, item]));
const trucks = (...all: Truck[]) => new Map(all.map((item) => [item.id, item]));
const properties = (collection: FeatureCollection) => collection.features.map((feature) => feature.properties as { icon: string; selected: boolean });
const selected = (collection: FeatureCollection) => properties(collection).map((feature) => feature.selected);

describe("the icons on the map", () => {
  it.each([
    ["matching", "pin-waiting", [-73.6, 45.5]],
    ["en_route", "pin-assigned", [-73.6, 45.5]],
    ["arrived", "pin-assigned", [-73.6, 45.5]],
    ["in_transit", "pin-dropoff", [-73.62, 45.55]],
  ])("show a rescue that is %s as %s", (status, icon, coordinates) => {
    const [feature] = rescueFeatures(rescues(rescue(status)), null).features;
    expect(feature).toMatchObject({ properties: { icon, selected: false }, geometry: { coordinates } });
  });

  it("leave out a rescue without coordinates", () => {
    expect(rescueFeatures(rescues(rescue("requested", { pickup: null })), null).features).toEqual([]);
  });

  it.each([
    ["en_route", {}, "truck-approaching"],
    ["in_transit", {}, "truck-loaded"],
    ["en_route", { rescueId: null }, "truck-free"],
    ["en_route", { heading: null }, "truck-approaching-no-heading"],
  ])("show the truck of a rescue that is %s, %o, as %s", (status, overrides, icon) => {
    expect(properties(truckFeatures(trucks(truck(overrides)), rescues(rescue(status)), null, 9))).toMatchObject([{ icon }]);
  });

  it("mark the selected rescue and its truck", () => {
    const all = rescues(rescue("en_route"), rescue("matching", { id: "res_qc_000002" }));
    expect(selected(rescueFeatures(all, "res_qc_000001"))).toEqual([true, false]);
    const drivers = trucks(truck(), truck({ id: "usr_2", rescueId: null }));
    expect(selected(truckFeatures(drivers, all, "res_qc_000001", 9))).toEqual([true, false]);
  });
});

describe("the lines on the map", () => {
  const legs = (status: string, selectedId: string | null) =>
    legFeatures(trucks(truck(), truck({ id: "usr_2", rescueId: null })), rescues(rescue(status)), selectedId, 9).features.map(
      ({ properties: leg, geometry }) => [leg?.kind as string, geometry.coordinates.at(-1)] as const,
    );

  it("lead from a busy truck to its destination", () => {
    expect(legs("en_route", null)).toEqual([["approach", [-73.6, 45.5]]]);
    expect(legs("in_transit", null)).toEqual([["transport", [-73.62, 45.55]]]);
  });

  it("include the planned leg of the selected rescue", () => {
    expect(legs("en_route", "res_qc_000001")).toEqual([
      ["approach", [-73.6, 45.5]],
      ["planned", [-73.62, 45.55]],
    ]);
    expect(legs("in_transit", "res_qc_000001")).toHaveLength(1);
  });
});

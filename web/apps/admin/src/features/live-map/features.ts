import type { Feature, FeatureCollection, LineString, Point } from "geojson";

import type { LiveRescue } from "../../lib/rescues.ts";
import { COMING, isLive, WAITING } from "../../lib/status.ts";
import { drawnAt, type Truck, type Trucks } from "../../lib/trucks.ts";
import { pinIcon, truckIcon, type TruckSign } from "./icons.ts";

type Rescues = ReadonlyMap<string, LiveRescue>;
type Place = { lat: number; lng: number };

const point = (place: Place): Point => ({ type: "Point", coordinates: [place.lng, place.lat] });
const collection = <G extends Point | LineString>(features: Feature<G>[]): FeatureCollection<G> => ({ type: "FeatureCollection", features });

function signOf(truck: Truck, rescues: Rescues): TruckSign {
  if (!truck.rescueId) return "free";
  return rescues.get(truck.rescueId)?.status === "in_transit" ? "loaded" : "coming";
}

/** Every truck where it is drawn now. */
export function truckFeatures(trucks: Trucks, rescues: Rescues, chosen: string | null, now: number): FeatureCollection<Point> {
  return collection(
    [...trucks.values()].map((truck) => ({
      type: "Feature",
      properties: {
        id: truck.id,
        rescue: truck.rescueId,
        icon: truckIcon(signOf(truck, rescues), truck.heading !== null),
        heading: truck.heading ?? 0,
        chosen: chosen !== null && truck.rescueId === chosen,
      },
      geometry: point(drawnAt(truck, now)),
    })),
  );
}

/** Where a truck is wanted now: at the rider, then at the drop-off. */
export const wantedAt = (rescue: LiveRescue): Place | null => (rescue.status === "in_transit" ? rescue.dropoff : rescue.pickup) ?? null;

/** Every live rescue at the place where its truck is wanted. */
export function rescueFeatures(rescues: Rescues, chosen: string | null): FeatureCollection<Point> {
  return collection(
    [...rescues.values()].flatMap((rescue) => {
      const place = wantedAt(rescue);
      if (!place || !isLive(rescue.status)) return [];
      const sign = WAITING.has(rescue.status) ? "waiting" : rescue.status === "in_transit" ? "home" : "awaited";
      return [{ type: "Feature" as const, properties: { id: rescue.id, icon: pinIcon(sign), chosen: rescue.id === chosen }, geometry: point(place) }];
    }),
  );
}

/**
 * A line from each busy truck to where it is wanted: `coming` dashed, with the rider on board whole.
 * Of the chosen rescue also the way that is still to be driven with the rider (`later`).
 */
export function tieFeatures(trucks: Trucks, rescues: Rescues, chosen: string | null, now: number): FeatureCollection<LineString> {
  const line = (from: Place, to: Place, kind: string, rescue: string): Feature<LineString> => ({
    type: "Feature",
    properties: { kind, chosen: rescue === chosen },
    geometry: { type: "LineString", coordinates: [from, to].map(({ lat, lng }) => [lng, lat]) },
  });
  const ties = [...trucks.values()].flatMap((truck) => {
    const rescue = truck.rescueId ? rescues.get(truck.rescueId) : undefined;
    const to = rescue && wantedAt(rescue);
    return to ? [line(drawnAt(truck, now), to, COMING.has(rescue.status) ? "coming" : "loaded", rescue.id)] : [];
  });
  const opened = chosen ? rescues.get(chosen) : undefined;
  if (opened?.pickup && opened.dropoff && opened.status !== "in_transit") ties.push(line(opened.pickup, opened.dropoff, "later", opened.id));
  return collection(ties);
}

import type { Feature, FeatureCollection, LineString, Point } from "geojson";

import type { LiveRescue } from "../../lib/liveRescues.ts";
import { APPROACHING_STATUSES, isLive, WAITING_STATUSES } from "../../lib/rescueStatus.ts";
import { type Coordinates, interpolatePosition, type Truck, type Trucks } from "../../lib/trucks.ts";
import { pinIconName, truckIconName, type TruckKind } from "./icons.ts";

type Rescues = ReadonlyMap<string, LiveRescue>;

/** Kind of a leg: to the rider, with the rider, or still to come. */
type LegKind = "approach" | "transport" | "planned";

const toPoint = ({ lat, lng }: Coordinates): Point => ({ type: "Point", coordinates: [lng, lat] });
const toCollection = <G extends Point | LineString>(features: Feature<G>[]): FeatureCollection<G> => ({ type: "FeatureCollection", features });

function kindOf(truck: Truck, rescues: Rescues): TruckKind {
  if (!truck.rescueId) return "free";
  return rescues.get(truck.rescueId)?.status === "in_transit" ? "loaded" : "approaching";
}

/** Every truck at the position where it is drawn at the time `now`. */
export function truckFeatures(trucks: Trucks, rescues: Rescues, selectedId: string | null, now: number): FeatureCollection<Point> {
  return toCollection(
    [...trucks.values()].map((truck) => ({
      type: "Feature",
      properties: {
        id: truck.id,
        icon: truckIconName(kindOf(truck, rescues), truck.heading !== null),
        heading: truck.heading ?? 0,
        selected: selectedId !== null && truck.rescueId === selectedId,
      },
      geometry: toPoint(interpolatePosition(truck, now)),
    })),
  );
}

/** Where the truck has to go next: to the rider, then to the drop-off. */
export const destinationOf = (rescue: LiveRescue): Coordinates | null => (rescue.status === "in_transit" ? rescue.dropoff : rescue.pickup) ?? null;

/** Every live rescue at the destination of its truck. */
export function rescueFeatures(rescues: Rescues, selectedId: string | null): FeatureCollection<Point> {
  return toCollection(
    [...rescues.values()].flatMap((rescue) => {
      const destination = destinationOf(rescue);
      if (!destination || !isLive(rescue.status)) return [];
      const kind = WAITING_STATUSES.has(rescue.status) ? "waiting" : rescue.status === "in_transit" ? "dropoff" : "assigned";
      return [{ type: "Feature" as const, properties: { id: rescue.id, icon: pinIconName(kind), selected: rescue.id === selectedId }, geometry: toPoint(destination) }];
    }),
  );
}

/**
 * A line from each busy truck to its destination (`approach` or `transport`), and for the selected
 * rescue also the leg from the rider to the drop-off while it is `planned`.
 */
export function legFeatures(trucks: Trucks, rescues: Rescues, selectedId: string | null, now: number): FeatureCollection<LineString> {
  const leg = (from: Coordinates, to: Coordinates, kind: LegKind, rescueId: string): Feature<LineString> => ({
    type: "Feature",
    properties: { kind, selected: rescueId === selectedId },
    geometry: { type: "LineString", coordinates: [from, to].map(({ lat, lng }) => [lng, lat]) },
  });
  const legs = [...trucks.values()].flatMap((truck) => {
    const rescue = truck.rescueId ? rescues.get(truck.rescueId) : undefined;
    const destination = rescue && destinationOf(rescue);
    return destination ? [leg(interpolatePosition(truck, now), destination, APPROACHING_STATUSES.has(rescue.status) ? "approach" : "transport", rescue.id)] : [];
  });
  const selected = selectedId ? rescues.get(selectedId) : undefined;
  if (selected?.pickup && selected.dropoff && selected.status !== "in_transit") legs.push(leg(selected.pickup, selected.dropoff, "planned", selected.id));
  return toCollection(legs);
}

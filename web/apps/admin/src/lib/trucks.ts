import type { DriverPosition } from "./api/types.ts";

export interface Coordinates {
  lat: number;
  lng: number;
}

/** A truck on the map.  It is drawn moving from `animateFrom` to its reported position. */
export interface Truck extends Coordinates {
  id: string;
  animateFrom: Coordinates;
  /** When the position was received, by the browser's monotonic clock in ms. */
  receivedAt: number;
  /** Duration of the animation: the time between the last two positions. */
  animationMs: number;
  /** City time of the position. */
  at: string;
  /** Degrees clockwise from north; null until the truck has moved. */
  heading: number | null;
  rescueId: string | null;
  etaSeconds: number | null;
}

export type Trucks = ReadonlyMap<string, Truck>;

const ANIMATION_MIN_MS = 250;
const ANIMATION_MAX_MS = 2_000;
const JUMP_M = 1_500; // a truck does not drive further between two positions: do not animate it
const SILENT_MS = 45_000;
const GPS_NOISE_M = 4; // a receiver at rest moves less than this
const METRES_PER_DEGREE = 111_320;

/** Metres north and east from one point to another nearby (equirectangular approximation). */
function offsetMetres(from: Coordinates, to: Coordinates): { north: number; east: number } {
  return {
    north: (to.lat - from.lat) * METRES_PER_DEGREE,
    east: (to.lng - from.lng) * METRES_PER_DEGREE * Math.cos((to.lat * Math.PI) / 180),
  };
}

/** Degrees clockwise from north; null if the points are too close to tell. */
export function bearing(from: Coordinates, to: Coordinates): number | null {
  const { north, east } = offsetMetres(from, to);
  if (Math.hypot(north, east) < GPS_NOISE_M) return null;
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** Where the truck is drawn at the time `now`. */
export function interpolatePosition({ animateFrom, lat, lng, receivedAt, animationMs }: Truck, now: number): Coordinates {
  const progress = Math.min(1, Math.max(0, (now - receivedAt) / animationMs));
  return { lat: animateFrom.lat + (lat - animateFrom.lat) * progress, lng: animateFrom.lng + (lng - animateFrom.lng) * progress };
}

/** Whether any truck is still moving on the map; if not, there is nothing to redraw. */
export const isAnimating = (trucks: Trucks, now: number): boolean =>
  [...trucks.values()].some(({ receivedAt, animationMs }) => now - receivedAt < animationMs);

function toTruck(position: DriverPosition, now: number, previous: Truck | undefined): Truck {
  const reported = { lat: position.lat, lng: position.lng };
  const drawn = previous ? interpolatePosition(previous, now) : reported;
  const { north, east } = offsetMetres(drawn, reported);
  return {
    id: position.driver_id,
    ...reported,
    animateFrom: Math.hypot(north, east) < JUMP_M ? drawn : reported,
    receivedAt: now,
    animationMs: previous ? Math.min(ANIMATION_MAX_MS, Math.max(ANIMATION_MIN_MS, now - previous.receivedAt)) : ANIMATION_MIN_MS,
    at: position.at,
    heading: position.heading ?? (previous ? (bearing(previous, reported) ?? previous.heading) : null),
    rescueId: position.rescue_id ?? null,
    etaSeconds: position.eta_seconds ?? null,
  };
}

/** Applies positions in order; the last one of each truck wins. */
export function applyPositions(trucks: Trucks, positions: readonly DriverPosition[], now: number): Trucks {
  const next = new Map(trucks);
  for (const position of positions) next.set(position.driver_id, toTruck(position, now, trucks.get(position.driver_id)));
  return next;
}

/** Merges a snapshot of all trucks at the city time `at`; positions received after that time stay. */
export function mergeTruckSnapshot(trucks: Trucks, positions: readonly DriverPosition[], at: string, now: number): Trucks {
  const next = new Map<string, Truck>();
  for (const position of positions) {
    const known = trucks.get(position.driver_id);
    const knownIsNewer = known && Date.parse(known.at) >= Date.parse(position.at);
    next.set(position.driver_id, knownIsNewer ? known : toTruck(position, now, known));
  }
  for (const [id, truck] of trucks) {
    if (!next.has(id) && Date.parse(truck.at) > Date.parse(at)) next.set(id, truck);
  }
  return next;
}

/** Removes trucks that have not reported for a while: their driver's phone is probably off. */
export function removeSilentTrucks(trucks: Trucks, now: number): Trucks {
  const next = new Map([...trucks].filter(([, truck]) => now - truck.receivedAt <= SILENT_MS));
  return next.size === trucks.size ? trucks : next;
}

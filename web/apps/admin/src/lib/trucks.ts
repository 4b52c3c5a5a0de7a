import type { DriverPoint } from "./api.ts";

/** A truck on the map: where it is, and where it was a moment ago (to draw it moving). */
export interface Truck {
  id: string;
  lat: number;
  lng: number;
  from: { lat: number; lng: number };
  /** When it was heard of, by the page's own clock in ms. */
  seenAt: number;
  /** How long it glides from there to here: as long as the fix before was old. */
  glideMs: number;
  /** City time of the position. */
  at: string;
  /** Degrees clockwise from north; null: not known until it moves. */
  heading: number | null;
  rescueId: string | null;
  etaSeconds: number | null;
}

export type Trucks = ReadonlyMap<string, Truck>;

const GLIDE_MIN_MS = 250;
const GLIDE_MAX_MS = 2_000;
const JUMP_M = 1_500; // further than that nobody drives between two fixes: it is shown where it is
const SILENT_MS = 45_000;
const MOVED_M = 4; // less is the noise of a receiver at rest
const METRES_A_DEGREE = 111_320;

interface Place {
  lat: number;
  lng: number;
}

/** Metres north and east from one place to another nearby (equirectangular). */
function metres(from: Place, to: Place): { north: number; east: number } {
  return {
    north: (to.lat - from.lat) * METRES_A_DEGREE,
    east: (to.lng - from.lng) * METRES_A_DEGREE * Math.cos((to.lat * Math.PI) / 180),
  };
}

/** Degrees clockwise from north of the short way between two fixes; null: too short to tell. */
export function bearing(from: Place, to: Place): number | null {
  const { north, east } = metres(from, to);
  if (Math.hypot(north, east) < MOVED_M) return null;
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** Where a truck is drawn now, on its glide to the last fix. */
export function drawnAt({ from, lat, lng, seenAt, glideMs }: Truck, now: number): Place {
  const part = Math.min(1, Math.max(0, (now - seenAt) / glideMs));
  return { lat: from.lat + (lat - from.lat) * part, lng: from.lng + (lng - from.lng) * part };
}

/** Whether any is still on its glide: if not, there is nothing to draw anew. */
export const gliding = (trucks: Trucks, now: number): boolean =>
  [...trucks.values()].some(({ seenAt, glideMs }) => now - seenAt < glideMs);

function truckOf(position: DriverPoint, now: number, was: Truck | undefined): Truck {
  const here = { lat: position.lat, lng: position.lng };
  const drawn = was ? drawnAt(was, now) : here;
  const { north, east } = metres(drawn, here);
  return {
    id: position.driver_id,
    ...here,
    from: Math.hypot(north, east) < JUMP_M ? drawn : here,
    seenAt: now,
    glideMs: was ? Math.min(GLIDE_MAX_MS, Math.max(GLIDE_MIN_MS, now - was.seenAt)) : GLIDE_MIN_MS,
    at: position.at,
    heading: position.heading ?? (was ? (bearing(was, here) ?? was.heading) : null),
    rescueId: position.rescue_id ?? null,
    etaSeconds: position.eta_seconds ?? null,
  };
}

/** After positions came: of each truck the last one holds. */
export function driven(trucks: Trucks, positions: readonly DriverPoint[], now: number): Trucks {
  const next = new Map(trucks);
  for (const position of positions) next.set(position.driver_id, truckOf(position, now, trucks.get(position.driver_id)));
  return next;
}

/** After all were read, as they stood at the city time `at`; what was heard later stays. */
export function snapshot(trucks: Trucks, points: readonly DriverPoint[], at: string, now: number): Trucks {
  const next = new Map<string, Truck>();
  for (const point of points) {
    const was = trucks.get(point.driver_id);
    const known = was && Date.parse(was.at) >= Date.parse(point.at);
    next.set(point.driver_id, known ? was : truckOf(point, now, was));
  }
  for (const [id, truck] of trucks) {
    if (!next.has(id) && Date.parse(truck.at) > Date.parse(at)) next.set(id, truck);
  }
  return next;
}

/** Without those that have been silent for long: a phone that is off is no truck on the road. */
export function heardLately(trucks: Trucks, now: number): Trucks {
  const next = new Map([...trucks].filter(([, truck]) => now - truck.seenAt <= SILENT_MS));
  return next.size === trucks.size ? trucks : next;
}

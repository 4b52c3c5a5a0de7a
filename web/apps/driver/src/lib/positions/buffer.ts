import type { PositionReport } from "../api/types.ts";

/** A position on the phone; `id` sorts in the order of time, `owner` is the driver who was there. */
export type BufferedPosition = PositionReport & { id: string; owner: string };

/** What the platform is told of it. */
export const toReport = ({ lat, lng, at, accuracy, heading, speed }: BufferedPosition): PositionReport => ({
  lat,
  lng,
  at,
  ...(accuracy == null ? {} : { accuracy }),
  ...(heading == null ? {} : { heading }),
  ...(speed == null ? {} : { speed }),
});

export const BATCH_MAX = 100; // of one request
const KEEP_MAX = 5_000; // about a day, thinned
const MOVED_M = 8;
const THIN_MS = 20_000; // city time between two points that are kept without a connection

const EARTH_RADIUS_M = 6_371_000;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

export function metresBetween(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const x = radians(b.lng - a.lng) * Math.cos(radians((a.lat + b.lat) / 2));
  return Math.hypot(x, radians(b.lat - a.lat)) * EARTH_RADIUS_M;
}

/** Whether a new position tells more than the last one that was kept while nothing can be sent. */
export function isWorthKeeping(last: PositionReport | undefined, next: PositionReport): boolean {
  return !last || metresBetween(last, next) >= MOVED_M || Date.parse(next.at) - Date.parse(last.at) >= THIN_MS;
}

/** At most what can be kept: the oldest go first. */
export const withinLimit = <T>(positions: readonly T[]): readonly T[] => positions.slice(-KEEP_MAX);

/** How often a position is reported, in ms of the device: fresh for the platform, and not more often than a second. */
export const reportInterval = (speed: number): number => Math.min(4_000, Math.max(1_000, 12_000 / speed));

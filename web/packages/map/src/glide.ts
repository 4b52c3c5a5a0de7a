import type { LngLat } from "./types.ts";

/** The movement of a truck between the last two positions that it reported. */
export interface Glide {
  from: LngLat;
  to: LngLat;
  fromHeading: number | null;
  toHeading: number | null;
  /** By the browser's monotonic clock, in ms. */
  startedAt: number;
  durationMs: number;
}

const DURATION_MIN_MS = 250;
const DURATION_MAX_MS = 6_000;
const TURN_SHARE = 0.35; // of the duration: a truck turns faster than it drives
const JUMP_M = 1_500; // a truck does not drive further between two positions
const GPS_NOISE_M = 4; // a receiver at rest moves less than this
const METRES_PER_DEGREE = 111_320;

/** Metres north and east from one point to another nearby (equirectangular approximation). */
function offsetMetres([fromLng, fromLat]: LngLat, [lng, lat]: LngLat): { north: number; east: number } {
  return { north: (lat - fromLat) * METRES_PER_DEGREE, east: (lng - fromLng) * METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180) };
}

/** Degrees clockwise from north; null if the points are too close to tell. */
export function bearing(from: LngLat, to: LngLat): number | null {
  const { north, east } = offsetMetres(from, to);
  if (Math.hypot(north, east) < GPS_NOISE_M) return null;
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** A truck that stands at its first position. */
export const standAt = (at: LngLat, heading: number | null, now: number): Glide => ({
  from: at,
  to: at,
  fromHeading: heading,
  toHeading: heading,
  startedAt: now,
  durationMs: 0,
});

/**
 * The movement from where the truck is drawn to a newly reported position.  It takes as long as passed since the
 * last one, so that the truck arrives when the next one is due.  A jump is not drawn as a movement.
 */
export function glideTo(glide: Glide, at: LngLat, heading: number | null, now: number): Glide {
  const drawn = positionOf(glide, now);
  const { north, east } = offsetMetres(drawn, at);
  const toHeading = heading ?? bearing(glide.to, at) ?? glide.toHeading;
  if (Math.hypot(north, east) > JUMP_M) return standAt(at, toHeading, now);
  return {
    from: drawn,
    to: at,
    fromHeading: headingOf(glide, now) ?? toHeading,
    toHeading,
    startedAt: now,
    durationMs: Math.min(DURATION_MAX_MS, Math.max(DURATION_MIN_MS, now - glide.startedAt)),
  };
}

const progressOf = ({ startedAt, durationMs }: Glide, now: number, share = 1): number =>
  durationMs === 0 ? 1 : Math.min(1, Math.max(0, (now - startedAt) / (durationMs * share)));

/** Where the truck is drawn at the time `now`. */
export function positionOf(glide: Glide, now: number): LngLat {
  const progress = progressOf(glide, now);
  if (progress === 1) return glide.to;
  const [lng, lat] = glide.from;
  return [lng + (glide.to[0] - lng) * progress, lat + (glide.to[1] - lat) * progress];
}

/** Its direction at the time `now`; it turns the shorter way round.  Null until it is known. */
export function headingOf(glide: Glide, now: number): number | null {
  const { fromHeading, toHeading } = glide;
  if (fromHeading === null || toHeading === null) return toHeading;
  const turn = ((toHeading - fromHeading + 540) % 360) - 180;
  return (fromHeading + turn * progressOf(glide, now, TURN_SHARE) + 360) % 360;
}

export const isGliding = (glide: Glide, now: number): boolean => now - glide.startedAt < glide.durationMs;

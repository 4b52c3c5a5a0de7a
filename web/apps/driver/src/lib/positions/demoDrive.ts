import { sharedStorage } from "@supportcarr/client/browserStorage";

import { useLocation, type Fix, watchLocation } from "../useGeolocation.ts";
import { metresBetween } from "./buffer.ts";

interface Point {
  lat: number;
  lng: number;
}

/** What a demo does for a driver at a desk: the truck starts at `place` and drives to `goal` by itself. */
export interface DemoDrive {
  place: Point;
  /** Whether the platform serves a place. */
  isServed: (point: Point) => boolean;
  /** Where the job leads next; `null`: the truck stands. */
  goal: () => Point | null;
  /** City seconds of a second. */
  speed: number;
}

const METRES_PER_SECOND = 14;
const PATIENCE_MS = 8_000; // for a person to let the page know where they are
const STORED = "supportcarr.driver.demo-place"; // a reload in the middle of a job must not move the truck
const ACCURACY_M = 8;

/** The point that many metres from `from` on the straight line to `to`, and the way it leads in degrees. */
export function towards(from: Point, to: Point, metres: number): Point & { heading: number | null } {
  const whole = metresBetween(from, to);
  if (whole < 1) return { lat: to.lat, lng: to.lng, heading: null };
  const part = Math.min(1, metres / whole);
  const east = (to.lng - from.lng) * Math.cos((from.lat * Math.PI) / 180);
  const heading = ((Math.atan2(east, to.lat - from.lat) * 180) / Math.PI + 360) % 360;
  return { lat: from.lat + (to.lat - from.lat) * part, lng: from.lng + (to.lng - from.lng) * part, heading };
}

function storedPlace(): Point | null {
  try {
    const { lat, lng } = JSON.parse(sharedStorage.getItem(STORED) ?? "null") as Point;
    return Number.isFinite(lat) && Number.isFinite(lng) ? { lat, lng } : null;
  } catch {
    return null;
  }
}

function drive(intervalMs: number, { place, isServed, goal, speed }: DemoDrive, onFix: (fix: Fix) => void): () => void {
  const kept = storedPlace();
  let here: Point = kept && isServed(kept) ? kept : place;
  let before = Date.now();
  const tick = () => {
    const now = Date.now();
    const to = goal();
    const next = to ? towards(here, to, ((now - before) / 1_000) * METRES_PER_SECOND * speed) : { ...here, heading: null };
    before = now;
    const moves = metresBetween(here, next) > 0.5;
    here = { lat: next.lat, lng: next.lng };
    sharedStorage.setItem(STORED, JSON.stringify(here));
    const fix = { ...here, accuracy: ACCURACY_M, heading: next.heading, speed: moves ? METRES_PER_SECOND : 0 };
    useLocation.setState({ state: "found", fix, pretended: true });
    onFix(fix);
  };
  tick();
  const timer = setInterval(tick, intervalMs);
  return () => {
    clearInterval(timer);
    useLocation.setState({ pretended: false });
  };
}

/** Watches where the device is; in a demo the truck drives by itself if the device knows no place that is served. */
export function watchPlace(intervalMs: number, onFix: (fix: Fix) => void, demo: DemoDrive | null): () => void {
  if (!demo) return watchLocation(intervalMs, onFix);
  let stopDriving: (() => void) | null = null;
  let ended = false;
  let known = false; // a place that is served
  const ends: (() => void)[] = [];
  const stopWatching = () => ends.splice(0).forEach((end) => end());
  const pretend = () => {
    if (stopDriving || ended) return;
    stopWatching();
    stopDriving = drive(intervalMs, demo, onFix);
  };
  const real = watchLocation(intervalMs, onFix, (fix) => {
    if (demo.isServed(fix)) return (known = true);
    pretend();
    return false;
  });
  ends.push(
    real,
    useLocation.subscribe(({ state }) => (state === "denied" || state === "failed") && pretend()),
  );
  const timer = setTimeout(() => known || pretend(), PATIENCE_MS);
  ends.push(() => clearTimeout(timer));
  const { state } = useLocation.getState();
  if (state === "denied" || state === "failed") pretend();
  return () => {
    ended = true;
    stopWatching();
    stopDriving?.();
  };
}

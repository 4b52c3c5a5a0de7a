import type { LngLat } from "./types.ts";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const PIN_PX = 76; // a pin stands above its point
const CORNER_PX = 84; // the zoom buttons and a back button
const BOTTOM_PX = 32; // the scale

/** Room at the edges of a map, in px, so that no pin touches an edge or stands under the buttons in its corners. */
export const fitMargins = (width: number, height: number): Box => ({
  left: Math.min(CORNER_PX, width * 0.22),
  right: Math.min(CORNER_PX, width * 0.22),
  top: Math.min(PIN_PX, height * 0.32),
  bottom: Math.min(BOTTOM_PX, height * 0.15),
});

const NEAR = 1e-6; // degrees: about 10 cm

export const isNear = (a: LngLat, b: LngLat): boolean => Math.abs(a[0] - b[0]) < NEAR && Math.abs(a[1] - b[1]) < NEAR;

/** West, south, east and north of points; null without any. */
export function boundsOf(points: readonly LngLat[]): [number, number, number, number] | null {
  if (points.length === 0) return null;
  const lngs = points.map(([lng]) => lng);
  const lats = points.map(([, lat]) => lat);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

/**
 * Whether the view must change to show points well: one is outside of the visible box, or all of them are in a small
 * part of it.  So a map that follows a truck rests most of the time.
 */
export function needsFit(points: readonly { x: number; y: number }[], box: Box, smallShare = 0.3): boolean {
  if (points.length === 0) return false;
  if (points.some(({ x, y }) => x < box.left || x > box.right || y < box.top || y > box.bottom)) return true;
  if (points.length === 1) return false;
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const share = Math.max((Math.max(...xs) - Math.min(...xs)) / (box.right - box.left), (Math.max(...ys) - Math.min(...ys)) / (box.bottom - box.top));
  return share < smallShare;
}

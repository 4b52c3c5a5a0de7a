import type { PublicArea } from "@supportcarr/client/src/config.ts";
import { createContext, useContext } from "react";

import { timeOfDay } from "./format.ts";

export type Area = PublicArea;

/** The service area that the console watches. */
export const AreaContext = createContext<Area | null>(null);

export function useArea(): Area {
  const area = useContext(AreaContext);
  if (!area) throw new Error("no area is provided here");
  return area;
}

/** Tells the time of day in the area. */
export function useTimeOfDay(): (at: string | number) => string {
  const { timezone } = useArea();
  return (at) => timeOfDay(at, timezone);
}

/** West, south, east, north of an area. */
export function boundsOf({ boundary }: Area): [number, number, number, number] {
  const lngs = boundary.map(([lng]) => lng);
  const lats = boundary.map(([, lat]) => lat);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

import type { PublicArea } from "@supportcarr/client/config";
import { dayOf } from "@supportcarr/client/days";
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import { configQueries } from "./api/config.ts";
import { formatTimeOfDay } from "./format.ts";
import { useCityTime } from "./useCityTime.ts";

export type Area = PublicArea;

/** The service area that the console shows. */
export const AreaContext = createContext<Area | null>(null);

export function useArea(): Area {
  const area = useContext(AreaContext);
  if (!area) throw new Error("useArea must be used inside an AreaContext provider");
  return area;
}

/** Returns a function that formats a time in the time zone of the area. */
export function useTimeOfDay(): (at: string | number) => string {
  const { timezone } = useArea();
  return (at) => formatTimeOfDay(at, timezone);
}

const DAY_CHECK_MS = 60_000;

/** The city's day (`2026-03-02`), also on pages that are not about an area: the last day of a paper counts to its end there. */
export function useToday(): string {
  const area = useContext(AreaContext);
  const config = useQuery(configQueries.current());
  const timezone = (area ?? config.data?.areas[0])?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const city = useCityTime(DAY_CHECK_MS);
  return dayOf(city?.now ?? Date.now(), timezone);
}

/** The bounds of an area: west, south, east, north. */
export function boundsOf({ boundary }: Area): [number, number, number, number] {
  const lngs = boundary.map(([lng]) => lng);
  const lats = boundary.map(([, lat]) => lat);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

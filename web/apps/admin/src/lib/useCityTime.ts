import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { clockQueries } from "./api/clock.ts";

/** The city's time in ms since the epoch, updated every `intervalMs`; null until it is known. */
export function useCityTime(intervalMs: number): { now: number; speed: number } | null {
  const clock = useQuery(clockQueries.current());
  const [wallTime, setWallTime] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setWallTime(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  if (!clock.data) return null;
  const { city_time, speed } = clock.data;
  return { now: Date.parse(city_time) + Math.max(0, wallTime - clock.dataUpdatedAt) * speed, speed };
}

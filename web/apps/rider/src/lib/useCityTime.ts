import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { clockQueries } from "./api/clock.ts";

/** The city's time in ms since the epoch, updated every `intervalMs`; the device's own until it is known. */
export function useCityTime(intervalMs: number): number {
  const clock = useQuery(clockQueries.current());
  const [wallTime, setWallTime] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setWallTime(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  if (!clock.data) return wallTime;
  const { city_time, speed } = clock.data;
  return Date.parse(city_time) + Math.max(0, wallTime - clock.dataUpdatedAt) * speed;
}

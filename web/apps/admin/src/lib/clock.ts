import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { getClock } from "./api.ts";

const AGAIN_MS = 60_000; // a platform that was started anew goes on from the last time it had stored

/** The city's time now in ms since the epoch, told again every so often; null until it is known. */
export function useCityTime(everyMs: number): { now: number; speed: number } | null {
  const clock = useQuery({ queryKey: ["clock"], queryFn: getClock, refetchInterval: AGAIN_MS });
  const [wall, setWall] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setWall(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  if (!clock.data) return null;
  const { city_time, speed } = clock.data;
  return { now: Date.parse(city_time) + Math.max(0, wall - clock.dataUpdatedAt) * speed, speed };
}

import { useEffect, useState } from "react";

import { cityNow } from "./cityClock.ts";

/** The city's time in ms since the epoch, updated every `intervalMs`. */
export function useCityTime(intervalMs: number): number {
  const [now, setNow] = useState(() => cityNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(cityNow()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return now;
}

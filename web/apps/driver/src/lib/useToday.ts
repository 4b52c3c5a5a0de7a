import { dayOf } from "@supportcarr/client/days";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { useQuery } from "@tanstack/react-query";

import { useCityTime } from "./useCityTime.ts";

const CHECK_MS = 60_000;

/** The day in the city (`2026-03-02`), in the browser's time zone while that of the city is not known. */
export function useToday(): string {
  const config = useQuery(configQueries.current());
  return dayOf(useCityTime(CHECK_MS), config.data?.areas[0]?.timezone);
}

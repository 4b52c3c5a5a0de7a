import { queryOptions } from "@tanstack/react-query";

import { rememberClock } from "../cityClock.ts";
import { http } from "../session.ts";
import type { ClockReading } from "./types.ts";

export const clockQueries = {
  current: () =>
    queryOptions({
      queryKey: ["clock"],
      queryFn: async () => {
        const asked = Date.now();
        const { data } = await http.get<ClockReading>("/clock");
        rememberClock(data, (asked + Date.now()) / 2);
        return data;
      },
      // A platform that was restarted continues from the last time it stored, so the offset may change.
      refetchInterval: 60_000,
    }),
};

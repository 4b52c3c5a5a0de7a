import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { ClockReading } from "./types.ts";

export const clockQueries = {
  current: () =>
    queryOptions({
      queryKey: ["clock"],
      queryFn: async () => (await http.get<ClockReading>("/clock")).data,
      // A platform that was restarted continues from the last time it stored, so the offset may change.
      refetchInterval: 60_000,
    }),
};

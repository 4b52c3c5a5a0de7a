import { queryOptions } from "@tanstack/react-query";

import { ENDED_STATUSES } from "../rescueStatus.ts";
import { http } from "../session.ts";
import type { RescueDetails, RescuePhoto, RescueRow } from "./types.ts";

const ENDED_LIMIT = 50;

export const rescueQueries = {
  all: () => ["rescues"] as const,

  /** The rescues that ended last, newest first. */
  ended: (areaId: string) =>
    queryOptions({
      queryKey: [...rescueQueries.all(), "ended", areaId],
      queryFn: async () => {
        const params = { area: areaId, status: ENDED_STATUSES.join(","), limit: ENDED_LIMIT };
        const { data } = await http.get<{ items: RescueRow[] }>("/admin/rescues", { params });
        return data.items;
      },
      refetchInterval: 5_000,
    }),

  /** The pictures of a rescue; their links work for five minutes. */
  photos: (rescueId: string) =>
    queryOptions({
      queryKey: [...rescueQueries.all(), "photos", rescueId],
      queryFn: async () => (await http.get<{ items: RescuePhoto[] }>(`/rescues/${encodeURIComponent(rescueId)}/photos`)).data.items,
      refetchInterval: 4 * 60_000,
    }),

  detail: (rescueId: string) =>
    queryOptions({
      queryKey: [...rescueQueries.all(), "detail", rescueId],
      queryFn: async () => (await http.get<RescueDetails>(`/admin/rescues/${encodeURIComponent(rescueId)}`)).data,
      // The route's loader and the sheet ask for it shortly after each other; events invalidate it.
      staleTime: 1_000,
    }),
};

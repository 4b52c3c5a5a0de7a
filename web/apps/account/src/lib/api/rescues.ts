import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { OwnRatings, RatingForm, Rescue, RescueRatings } from "./types.ts";

const PAGE = 10;

const pathOf = (rescueId: string) => `/rescues/${encodeURIComponent(rescueId)}`;

export const rescueQueries = {
  all: () => ["rescues"] as const,

  /** The person's rescues, newest first. */
  history: () =>
    infiniteQueryOptions({
      queryKey: [...rescueQueries.all(), "history"],
      queryFn: async ({ pageParam }) => (await http.get<{ items: Rescue[]; next_cursor?: string | null }>("/rescues", { params: { limit: PAGE, cursor: pageParam } })).data,
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  /** What both sides of a rescue have said of each other, as far as the person may see it. */
  ratings: (rescueId: string) => queryOptions({ queryKey: [...rescueQueries.all(), "ratings", rescueId], queryFn: async () => (await http.get<RescueRatings>(`${pathOf(rescueId)}/ratings`)).data }),

  /** How others have rated the person. */
  own: () => queryOptions({ queryKey: [...rescueQueries.all(), "own-ratings"], queryFn: async () => (await http.get<OwnRatings>("/me/ratings")).data }),
};

export const rate = async (rescueId: string, rating: RatingForm): Promise<void> => {
  await http.post(`${pathOf(rescueId)}/rating`, rating);
};

/** Tells operators that a rating is abusive. */
export const reportRating = async (ratingId: string, reason: string): Promise<void> => {
  await http.post(`/ratings/${encodeURIComponent(ratingId)}/report`, { reason });
};

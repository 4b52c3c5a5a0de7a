import { infiniteQueryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { RatingReview } from "./types.ts";

const PAGE = 30;

export const ratingQueries = {
  all: () => ["ratings"] as const,

  /** Low and reported ratings that wait for an operator, oldest first. */
  open: () =>
    infiniteQueryOptions({
      queryKey: [...ratingQueries.all(), "open"],
      queryFn: async ({ pageParam }) =>
        (await http.get<{ items: RatingReview[]; next_cursor?: string | null }>("/admin/ratings", { params: { review: "open", limit: PAGE, cursor: pageParam } })).data,
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
};

/** Leaves a rating as it is, or takes it out of the average and out of sight. */
export const decideRating = async (ratingId: string, decision: "keep" | "hide", note: string): Promise<void> => {
  await http.post(`/admin/ratings/${encodeURIComponent(ratingId)}/review`, { decision, note: note || null });
};

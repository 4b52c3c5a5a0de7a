import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { type FoundPlace, near, reverseGeocoding } from "@supportcarr/phone-app/api/geocoding";
import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";

export type { FoundPlace };

const MIN_LETTERS = 2;

const language = () => useLanguage.getState().language;

export const geocodingQueries = {
  all: () => ["geocoding"] as const,

  /** Places and addresses that match what was typed, those near the point first; of nothing, where the person was lately. */
  search: (entered: string, at: { lat: number; lng: number } | null) => {
    const q = entered.trim();
    const params = { ...(q ? { q } : {}), ...(at ? near(at.lat, at.lng) : {}), language: language() };
    return queryOptions({
      queryKey: [...geocodingQueries.all(), "search", params],
      queryFn: async ({ signal }) => (await http.get<{ items: FoundPlace[] }>("/geocoding", { params, signal })).data.items,
      enabled: q.length === 0 || q.length >= MIN_LETTERS,
      placeholderData: (before) => before,
      staleTime: 60_000,
    });
  },

  /** What the point is called; `null` if nothing is known of it. */
  reverse: (lat: number, lng: number) => reverseGeocoding(http, lat, lng),
};

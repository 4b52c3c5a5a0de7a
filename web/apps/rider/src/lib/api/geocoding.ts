import type { components } from "@supportcarr/client/api";
import { toProblem } from "@supportcarr/client/http";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";

/** A place that was found by its name or its coordinates. */
export type FoundPlace = components["schemas"]["FoundPlaceView"];

const MIN_LETTERS = 2;
const DIGITS = 4;

const language = () => useLanguage.getState().language;
const near = (lat: number, lng: number) => ({ lat: Number(lat.toFixed(DIGITS)), lng: Number(lng.toFixed(DIGITS)) });

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
  reverse: (lat: number, lng: number) =>
    queryOptions({
      queryKey: [...geocodingQueries.all(), "reverse", near(lat, lng), language()],
      queryFn: async ({ signal }) =>
        http.get<{ items: FoundPlace[] }>("/geocoding/reverse", { params: { ...near(lat, lng), language: language() }, signal }).then(
          ({ data }) => data.items[0] ?? null,
          (error: unknown) => {
            if (toProblem(error).status === 404) return null;
            throw error;
          },
        ),
      staleTime: Infinity,
      retry: false,
    }),
};

import { toProblem } from "@supportcarr/client/http";
import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";

/** A place that was found by its name or its coordinates. */
export interface FoundPlace {
  label: string;
  detail?: string | null;
  lat: number;
  lng: number;
  source: "saved" | "recent" | "named" | "mapbox";
}

const MIN_LETTERS = 2;
const DIGITS = 4;

const near = (lat: number, lng: number) => ({ lat: Number(lat.toFixed(DIGITS)), lng: Number(lng.toFixed(DIGITS)) });

export const geocodingQueries = {
  all: () => ["geocoding"] as const,

  /** Places and addresses that match what was typed, those near the point first. */
  search: (entered: string, at: { lat: number; lng: number } | null) => {
    const q = entered.trim();
    const params = { q, ...(at ? near(at.lat, at.lng) : {}) };
    return queryOptions({
      queryKey: [...geocodingQueries.all(), "search", params],
      queryFn: async ({ signal }) => (await http.get<{ items: FoundPlace[] }>("/geocoding", { params, signal })).data.items,
      enabled: q.length >= MIN_LETTERS,
      staleTime: 60_000,
    });
  },

  /** What the point is called; `null` if nothing is known of it. */
  reverse: (lat: number, lng: number) =>
    queryOptions({
      queryKey: [...geocodingQueries.all(), "reverse", near(lat, lng)],
      queryFn: async ({ signal }) =>
        http.get<{ items: FoundPlace[] }>("/geocoding/reverse", { params: near(lat, lng), signal }).then(
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

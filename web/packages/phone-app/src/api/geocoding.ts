import type { components } from "@supportcarr/client/api";
import { toProblem } from "@supportcarr/client/http";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { queryOptions } from "@tanstack/react-query";
import type { AxiosInstance } from "axios";

/** A place that was found by its name or its coordinates. */
export type FoundPlace = components["schemas"]["FoundPlaceView"];

const DIGITS = 4;

export const near = (lat: number, lng: number) => ({ lat: Number(lat.toFixed(DIGITS)), lng: Number(lng.toFixed(DIGITS)) });

/** What the point is called; `null` if nothing is known of it. */
export function reverseGeocoding(http: AxiosInstance, lat: number, lng: number) {
  const params = { ...near(lat, lng), language: useLanguage.getState().language };
  return queryOptions({
    queryKey: ["geocoding", "reverse", params] as const,
    queryFn: async ({ signal }) =>
      http.get<{ items: FoundPlace[] }>("/geocoding/reverse", { params, signal }).then(
        ({ data }) => data.items[0] ?? null,
        (error: unknown) => {
          if (toProblem(error).status === 404) return null;
          throw error;
        },
      ),
    staleTime: Infinity,
    retry: false,
  });
}

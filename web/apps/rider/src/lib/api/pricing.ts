import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { Coverage, Quote, QuoteRequest } from "./types.ts";

/** What decides who could come: where, and for what. */
export interface CoverageQuestion {
  lat: number;
  lng: number;
  kind?: string;
  problem?: string;
}

const COVERAGE_STALE_MS = 20_000;
const DIGITS = 4; // of degrees, about 10 m: moving the pin a little is no new question

const rounded = (degrees: number) => Number(degrees.toFixed(DIGITS));

export const pricingQueries = {
  all: () => ["pricing"] as const,

  /** Whether we drive there, and how soon somebody could come. */
  coverage: ({ lat, lng, kind, problem }: CoverageQuestion) => {
    const question = { lat: rounded(lat), lng: rounded(lng), ...(kind ? { kind } : {}), ...(problem ? { problem } : {}) };
    return queryOptions({
      queryKey: [...pricingQueries.all(), "coverage", question],
      queryFn: async () => (await http.get<Coverage>("/coverage", { params: question })).data,
      staleTime: COVERAGE_STALE_MS,
    });
  },

  /** A price for the job; a new one each time that it is asked for. */
  quote: (request: QuoteRequest, attempt: number) =>
    queryOptions({
      queryKey: [...pricingQueries.all(), "quote", request, attempt],
      queryFn: () => requestQuote(request),
      staleTime: Infinity,
      gcTime: 0, // it can be used once, so that the next request must not find it
    }),
};

export const requestQuote = async (request: QuoteRequest): Promise<Quote> => (await http.post<Quote>("/quotes", request)).data;

import { recheckInterval } from "@supportcarr/phone-app/api/photos";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { Cancellation, Message, OwnRatings, Page, PaymentAuthentication, Photo, Rescue, RescueRatings, ShareLink, TimelineEntry } from "./types.ts";

const PAGE = 15;
const MESSAGES = 200;
const RECHECK_MS = 15_000; // in case an event was lost on the way

const pathOf = (rescueId: string) => `/rescues/${encodeURIComponent(rescueId)}`;

export const FINAL = new Set<Rescue["status"]>(["completed", "cancelled", "no_show", "unserved", "rejected", "aborted"]);

const get = async <T>(path: string, params?: object) => (await http.get<T>(path, params ? { params } : {})).data;

export const rescueQueries = {
  all: () => ["rescues"] as const,
  of: (rescueId: string) => [...rescueQueries.all(), "rescue", rescueId] as const,

  /** The one that is under way; `null` if there is none. */
  live: () =>
    queryOptions({
      queryKey: [...rescueQueries.all(), "live"],
      queryFn: async () => (await get<Page<Rescue>>("/rescues", { live: true, role: "rider", limit: 1 })).items[0] ?? null,
      refetchInterval: RECHECK_MS,
    }),

  /** The bookings, the next one first. */
  scheduled: () =>
    queryOptions({
      queryKey: [...rescueQueries.all(), "scheduled"],
      queryFn: async () => {
        const { items } = await get<Page<Rescue>>("/rescues", { status: "scheduled", role: "rider", limit: 20 });
        return items.sort((a, b) => (a.scheduled_for ?? "").localeCompare(b.scheduled_for ?? ""));
      },
    }),

  /** The person's rescues, newest first. */
  history: () =>
    infiniteQueryOptions({
      queryKey: [...rescueQueries.all(), "history"],
      queryFn: ({ pageParam }) => get<Page<Rescue>>("/rescues", { role: "rider", limit: PAGE, cursor: pageParam }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  detail: (rescueId: string) =>
    queryOptions({
      queryKey: [...rescueQueries.of(rescueId), "detail"],
      queryFn: () => get<Rescue>(pathOf(rescueId)),
      refetchInterval: ({ state }) => (state.data && FINAL.has(state.data.status) && state.data.payment.status !== "capturing" ? false : RECHECK_MS),
    }),

  timeline: (rescueId: string) => queryOptions({ queryKey: [...rescueQueries.of(rescueId), "timeline"], queryFn: async () => (await get<Page<TimelineEntry>>(`${pathOf(rescueId)}/timeline`)).items }),

  /** The latest messages, the oldest of them first. */
  messages: (rescueId: string) =>
    queryOptions({
      queryKey: [...rescueQueries.of(rescueId), "messages"],
      queryFn: async () => (await get<Page<Message>>(`${pathOf(rescueId)}/messages`, { sort: "-at", limit: MESSAGES })).items.reverse(),
    }),

  photos: (rescueId: string) => queryOptions({ queryKey: [...rescueQueries.of(rescueId), "photos"], queryFn: async () => (await get<{ items: Photo[] }>(`${pathOf(rescueId)}/photos`)).items , refetchInterval: ({ state }) => recheckInterval(state.data) }),

  /** What cancelling costs now; never from the cache, because it depends on the time. */
  cancellation: (rescueId: string) =>
    queryOptions({ queryKey: [...rescueQueries.of(rescueId), "cancellation"], queryFn: () => get<Cancellation>(`${pathOf(rescueId)}/cancellation`), staleTime: 0, gcTime: 0 }),

  /** Where the rider confirms the payment, if the bank asks for that (3-D Secure). */
  authentication: (rescueId: string) => queryOptions({ queryKey: [...rescueQueries.of(rescueId), "authentication"], queryFn: () => get<PaymentAuthentication>(`${pathOf(rescueId)}/payment-authentication`) }),

  /** What both sides have said of each other, as far as the person may see it. */
  ratings: (rescueId: string) => queryOptions({ queryKey: [...rescueQueries.of(rescueId), "ratings"], queryFn: () => get<RescueRatings>(`${pathOf(rescueId)}/ratings`) }),

  /** How drivers have rated the person. */
  ownRatings: () => queryOptions({ queryKey: [...rescueQueries.all(), "own-ratings"], queryFn: () => get<OwnRatings>("/me/ratings", { role: "rider" }) }),
};

export interface NewRescue {
  quote_id: string;
  payment_method_id: string;
  note: string | null;
}

/** Requests the rescue; repeated with the same key it is requested once. */
export const requestRescue = async (rescue: NewRescue, key: string): Promise<Rescue> => (await http.post<Rescue>("/rescues", rescue, { headers: { "Idempotency-Key": key } })).data;

const LATEST = 20;

/** The rescue that came of a quote and is not over; `null`: there is none. */
export const openRescueOf = async (quoteId: string): Promise<Rescue | null> =>
  (await get<Page<Rescue>>("/rescues", { role: "rider", limit: LATEST })).items.find(({ quote, status }) => quote.id === quoteId && !FINAL.has(status)) ?? null;

/** Agrees to pay at most this for a bike that was fixed on the spot. */
export const confirmFix = async (rescueId: string, priceMinor: number): Promise<Rescue> => (await http.post<Rescue>(`${pathOf(rescueId)}/fix-confirmation`, { price_minor: priceMinor })).data;

/** Another start PIN in place of the one before. */
export const renewPin = async (rescueId: string): Promise<Rescue> => (await http.post<Rescue>(`${pathOf(rescueId)}/pin`)).data;

/** Tells operators that a rating is abusive. */
export const reportRating = async (ratingId: string, reason: string): Promise<void> => {
  await http.post(`/ratings/${encodeURIComponent(ratingId)}/report`, { reason });
};

/** Makes a link with which others follow the rescue without an account, until it expires. */
export const shareRescue = async (rescueId: string): Promise<ShareLink> => (await http.post<ShareLink>(`${pathOf(rescueId)}/share-links`)).data;

import { recheckInterval } from "@supportcarr/phone-app/api/photos";
import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { Message, Offer, Page, Photo, Rescue, RescueRatings, TimelineEntry } from "./types.ts";

const MESSAGES = 200;
const RECHECK_MS = 15_000; // in case an event was lost on the way

export const pathOfRescue = (rescueId: string) => `/rescues/${encodeURIComponent(rescueId)}`;

export const FINAL = new Set<Rescue["status"]>(["completed", "cancelled", "no_show", "unserved", "rejected", "aborted"]);

const get = async <T>(path: string, params?: object) => (await http.get<T>(path, params ? { params } : {})).data;

export const jobQueries = {
  all: () => ["jobs"] as const,
  of: (rescueId: string) => [...jobQueries.all(), "job", rescueId] as const,

  /** The job that the driver is on and the one promised next, the current one first. */
  live: () =>
    queryOptions({
      queryKey: [...jobQueries.all(), "live"],
      queryFn: async () => {
        const { items } = await get<Page<Rescue>>("/rescues", { live: true, role: "driver", limit: 5 });
        return items.sort((a, b) => Number(Boolean(a.queued_behind)) - Number(Boolean(b.queued_behind)) || a.created_at.localeCompare(b.created_at));
      },
      refetchInterval: RECHECK_MS,
    }),

  detail: (rescueId: string) =>
    queryOptions({
      queryKey: [...jobQueries.of(rescueId), "detail"],
      queryFn: () => get<Rescue>(pathOfRescue(rescueId)),
      refetchInterval: ({ state }) => (state.data && FINAL.has(state.data.status) ? false : RECHECK_MS),
    }),

  timeline: (rescueId: string) => queryOptions({ queryKey: [...jobQueries.of(rescueId), "timeline"], queryFn: async () => (await get<Page<TimelineEntry>>(`${pathOfRescue(rescueId)}/timeline`)).items }),

  /** The latest messages, the oldest of them first. */
  messages: (rescueId: string) =>
    queryOptions({
      queryKey: [...jobQueries.of(rescueId), "messages"],
      queryFn: async () => (await get<Page<Message>>(`${pathOfRescue(rescueId)}/messages`, { sort: "-at", limit: MESSAGES })).items.reverse(),
    }),

  photos: (rescueId: string) => queryOptions({ queryKey: [...jobQueries.of(rescueId), "photos"], queryFn: async () => (await get<{ items: Photo[] }>(`${pathOfRescue(rescueId)}/photos`)).items , refetchInterval: ({ state }) => recheckInterval(state.data) }),

  /** What both sides have said of each other, as far as the driver may see it. */
  ratings: (rescueId: string) => queryOptions({ queryKey: [...jobQueries.of(rescueId), "ratings"], queryFn: () => get<RescueRatings>(`${pathOfRescue(rescueId)}/ratings`) }),

  /** The offer that waits for an answer; `null` if there is none. */
  offer: () =>
    queryOptions({
      queryKey: [...jobQueries.all(), "offer"],
      queryFn: async () => (await get<Page<Offer>>("/me/offers")).items.find(({ state }) => state === "open") ?? null,
      refetchInterval: RECHECK_MS,
    }),
};

export const acceptOffer = async (offerId: string): Promise<Offer> => (await http.post<Offer>(`/offers/${encodeURIComponent(offerId)}/acceptance`)).data;

export const declineOffer = async (offerId: string): Promise<Offer> => (await http.post<Offer>(`/offers/${encodeURIComponent(offerId)}/decline`)).data;

/** Gives the job back: another driver is looked for at once. */
export const releaseJob = async (rescueId: string, reason: string): Promise<Rescue> => (await http.post<Rescue>(`${pathOfRescue(rescueId)}/release`, { reason })).data;

/** Ends the job on site: unsafe, or not as described. */
export const abortJob = async (rescueId: string, reason: string): Promise<Rescue> => (await http.post<Rescue>(`${pathOfRescue(rescueId)}/abort`, { reason })).data;

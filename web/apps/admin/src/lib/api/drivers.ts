import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { AxiosResponse } from "axios";

import { http } from "../session.ts";
import type { DocumentReview, DriverRatings, DriverRow, Refusal, ReviewDocument, Shift, Vehicle, Waiting } from "./types.ts";

const PAGE = 50;
const SHIFTS = 7;

/** Which drivers to list: those in a state, or those whose papers wait for a decision. */
export type DriverFilter = DriverRow["state"] | "in_review";

/** A driver as of a version, which a decision names so that it is not about something newer. */
export interface VersionedDriver {
  driver: DriverRow;
  etag: string | undefined;
}

interface DriverPage {
  items: DriverRow[];
  next_cursor?: string | null;
}

const pathOf = (driverId: string) => `/admin/drivers/${encodeURIComponent(driverId)}`;

/** A driver as the release before this one answers, which the platform may still be while the console is newer. */
type AnsweredDriver = Omit<DriverRow, "attention"> & Partial<Pick<DriverRow, "attention">>;

interface AnsweredPage {
  items: AnsweredDriver[];
  next_cursor?: string | null;
}

const complete = ({ attention = [], ...driver }: AnsweredDriver): DriverRow => ({ ...driver, attention });

const pageOf = ({ items, ...page }: AnsweredPage): DriverPage => ({ ...page, items: items.map(complete) });

const versioned = ({ data, headers }: AxiosResponse<AnsweredDriver>): VersionedDriver => ({ driver: complete(data), etag: typeof headers.etag === "string" ? headers.etag : undefined });

const onlyIf = (etag: string | undefined) => (etag ? { headers: { "If-Match": etag } } : {});

export const driverQueries = {
  all: () => ["drivers"] as const,
  lists: () => [...driverQueries.all(), "list"] as const,

  /** Drivers in a state, and of them those that are found by a phone number, plate, name or id. */
  list: (filter: DriverFilter | undefined, q: string | undefined) =>
    infiniteQueryOptions({
      queryKey: [...driverQueries.lists(), filter ?? null, q ?? null],
      queryFn: async ({ pageParam }) => {
        const params = { ...(filter === "in_review" ? { in_review: true } : { state: filter }), q, limit: PAGE, cursor: pageParam };
        return pageOf((await http.get<AnsweredPage>("/admin/drivers", { params })).data);
      },
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  /** What waits for an operator, the longest wait first. */
  queue: () =>
    infiniteQueryOptions({
      queryKey: [...driverQueries.lists(), "queue"],
      queryFn: async ({ pageParam }) => pageOf((await http.get<AnsweredPage>("/admin/driver-applications", { params: { limit: PAGE, cursor: pageParam } })).data),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
      refetchInterval: 15_000,
    }),

  /** How many drivers wait for an operator; among the lists, because what changes those changes this. */
  waiting: () =>
    queryOptions({
      queryKey: [...driverQueries.lists(), "waiting"],
      queryFn: async () => (await http.get<Waiting>("/admin/driver-applications/waiting")).data,
      refetchInterval: 15_000,
    }),

  /** Never out of date by itself: an operator decides about what is on the screen, and is told if that has changed. */
  detail: (driverId: string) =>
    queryOptions({
      queryKey: [...driverQueries.all(), "detail", driverId],
      queryFn: async () => versioned(await http.get<AnsweredDriver>(pathOf(driverId))),
    }),

  vehicles: (driverId: string) =>
    queryOptions({
      queryKey: [...driverQueries.all(), "vehicles", driverId],
      queryFn: async () => (await http.get<{ items: Vehicle[] }>(`${pathOf(driverId)}/vehicles`)).data.items,
    }),

  /** The latest shifts, newest first. */
  shifts: (driverId: string) =>
    queryOptions({
      queryKey: [...driverQueries.all(), "shifts", driverId],
      queryFn: async () => (await http.get<{ items: Shift[] }>(`${pathOf(driverId)}/shifts`, { params: { limit: SHIFTS } })).data.items,
    }),

  ratings: (driverId: string) =>
    queryOptions({
      queryKey: [...driverQueries.all(), "ratings", driverId],
      queryFn: async () => (await http.get<DriverRatings>(`${pathOf(driverId)}/ratings`)).data,
    }),
};

/** Says that somebody looks at the application; the driver sees it as in review. */
export const takeUp = async (driverId: string, etag?: string) => versioned(await http.post<AnsweredDriver>(`${pathOf(driverId)}/review`, undefined, onlyIf(etag)));

/** Approves a driver, with the papers in review; with the reason if a check is not clear, which only the audit log keeps. */
export const approveDriver = async (driverId: string, etag?: string, overrideReason?: string) =>
  versioned(await http.post<AnsweredDriver>(`${pathOf(driverId)}/approval`, overrideReason ? { override_reason: overrideReason } : undefined, onlyIf(etag)));

/** Asks the driver to correct some fields; without any, the application as a whole is rejected. */
export const sendBack = async (driverId: string, refusal: Refusal, etag?: string) => versioned(await http.post<AnsweredDriver>(`${pathOf(driverId)}/rejection`, refusal, onlyIf(etag)));

export const suspendDriver = async (driverId: string, reason: string, etag?: string) =>
  versioned(await http.post<AnsweredDriver>(`${pathOf(driverId)}/suspension`, { reason }, onlyIf(etag)));

export const endSuspension = async (driverId: string, reason: string, etag?: string) =>
  versioned(await http.delete<AnsweredDriver>(`${pathOf(driverId)}/suspension`, { data: { reason }, ...onlyIf(etag) }));

/** Approves or rejects one document as it was shown; the driver reads the reason. */
export const reviewDocument = async ({ id, version }: ReviewDocument, review: DocumentReview) =>
  (await http.post<ReviewDocument>(`/admin/documents/${encodeURIComponent(id)}/review`, review, onlyIf(`"${version}"`))).data;

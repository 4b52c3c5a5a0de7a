import { infiniteQueryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { DriverRow, Refusal } from "./types.ts";

const PAGE = 50;

/** Which drivers to list: those in a state, or those whose papers wait for a decision. */
export type DriverFilter = DriverRow["state"] | "in_review";

const pathOf = (driverId: string) => `/admin/drivers/${encodeURIComponent(driverId)}`;

export const driverQueries = {
  all: () => ["drivers"] as const,

  list: (filter: DriverFilter | undefined) =>
    infiniteQueryOptions({
      queryKey: [...driverQueries.all(), "list", filter ?? null],
      queryFn: async ({ pageParam }) => {
        const params = { ...(filter === "in_review" ? { in_review: true } : { state: filter }), limit: PAGE, cursor: pageParam };
        return (await http.get<{ items: DriverRow[]; next_cursor?: string | null }>("/admin/drivers", { params })).data;
      },
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
};

/** Approves a driver, with the papers in review. */
export const approveDriver = async (driverId: string) => (await http.post<DriverRow>(`${pathOf(driverId)}/approval`)).data;

/** Asks the driver to correct some fields; without any, the application as a whole is rejected. */
export const sendBack = async (driverId: string, refusal: Refusal) => (await http.post<DriverRow>(`${pathOf(driverId)}/rejection`, refusal)).data;

export const suspendDriver = async (driverId: string, reason: string) => (await http.post<DriverRow>(`${pathOf(driverId)}/suspension`, { reason })).data;

export const endSuspension = async (driverId: string, reason: string) => (await http.delete<DriverRow>(`${pathOf(driverId)}/suspension`, { data: { reason } })).data;

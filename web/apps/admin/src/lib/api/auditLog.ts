import { infiniteQueryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { AuditEntry } from "./types.ts";

/** Which entries to list; every filter that is given must match. */
export interface AuditFilter {
  actor?: string | undefined;
  person?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  /** The first day, and the last one (`2026-03-02`), in the time zone of the browser. */
  since?: string | undefined;
  until?: string | undefined;
}

const PAGE = 50;

/** When a day begins in the time zone of the browser, or the one that many days later; a day may have 23 or 25 hours. */
function startOfDay(day: string, later = 0): string {
  const start = new Date(`${day}T00:00:00`);
  start.setDate(start.getDate() + later);
  return start.toISOString();
}

export const auditLogQueries = {
  all: () => ["audit-log"] as const,

  /** What operators did, newest first. */
  list: ({ since, until, ...filter }: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: [...auditLogQueries.all(), { since, until, ...filter }],
      queryFn: async ({ pageParam }) => {
        const times = {
          since: since ? startOfDay(since) : undefined,
          until: until ? startOfDay(until, 1) : undefined,
        };
        const params = { ...filter, ...times, limit: PAGE, cursor: pageParam };
        return (await http.get<{ items: AuditEntry[]; next_cursor?: string | null }>("/admin/audit-log", { params })).data;
      },
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
};

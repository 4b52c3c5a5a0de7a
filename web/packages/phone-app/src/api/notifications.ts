import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AxiosInstance } from "axios";

import type { Notification, Page } from "./types.ts";

const PAGE = 30;

/** The person's inbox: queries for screens, and what marks a notification as read. */
export function createNotificationRequests(http: AxiosInstance) {
  const notificationQueries = {
    all: () => ["notifications"] as const,
    list: () =>
      infiniteQueryOptions({
        queryKey: [...notificationQueries.all(), "list"],
        queryFn: async ({ pageParam }) => (await http.get<Page<Notification>>("/me/notifications", { params: { limit: PAGE, cursor: pageParam } })).data,
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (page) => page.next_cursor ?? undefined,
      }),
  };
  return {
    notificationQueries,
    markRead: async (id: string): Promise<void> => {
      await http.post(`/me/notifications/${encodeURIComponent(id)}/reading`);
    },
  };
}

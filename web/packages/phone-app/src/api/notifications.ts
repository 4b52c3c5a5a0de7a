import type { Language } from "@supportcarr/i18n/languages";
import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AxiosInstance } from "axios";

import type { Notification, Page } from "./types.ts";

const PAGE = 30;

/** The person's inbox: queries for screens, and what marks a notification as read. */
export function createNotificationRequests(http: AxiosInstance) {
  const notificationQueries = {
    all: () => ["notifications"] as const,
    /** In the language of the page, which need not be that of the account. */
    list: (language: Language) =>
      infiniteQueryOptions({
        queryKey: [...notificationQueries.all(), "list", language],
        queryFn: async ({ pageParam }) => (await http.get<Page<Notification>>("/me/notifications", { params: { limit: PAGE, cursor: pageParam, language } })).data,
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

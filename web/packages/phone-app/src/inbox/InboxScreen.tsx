import { useFormats } from "@supportcarr/i18n/useFormats";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, ChevronRight } from "lucide-react";
import { useTimeZone, useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import type { Notification, Page } from "../api/types.ts";
import { useGoTo } from "../appLinks.ts";
import { Loaded } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { dayGroups } from "./dayGroups.ts";

type Pages = InfiniteData<Page<Notification>>;

/** What the platform has told the person, newest first. */
export function InboxScreen() {
  const text = useTranslations("inbox");
  const formats = useFormats();
  const timeZone = useTimeZone();
  const goTo = useGoTo();
  const { links, markRead, notificationQueries } = usePhoneApp();
  const queryClient = useQueryClient();
  const queries = notificationQueries.list(useLanguage((state) => state.language));
  const inbox = useInfiniteQuery(queries);

  /** Shown as read at once; if that could not be stored, the next load says so. */
  async function read(notifications: readonly Notification[]) {
    const unread = notifications.filter(({ read_at }) => !read_at);
    const ids = new Set(unread.map(({ id }) => id));
    const at = new Date().toISOString();
    queryClient.setQueryData<Pages>(
      queries.queryKey,
      (before) => before && { ...before, pages: before.pages.map((page) => ({ ...page, items: page.items.map((one) => (ids.has(one.id) ? { ...one, read_at: at } : one)) })) },
    );
    await Promise.allSettled(unread.map(({ id }) => markRead(id)));
    await queryClient.invalidateQueries({ queryKey: notificationQueries.all() });
  }

  const open = (notification: Notification) => {
    void read([notification]);
    if (notification.rescue_id) void goTo(links.rescue(notification.rescue_id));
  };

  const items = inbox.data?.pages.flatMap((page) => page.items) ?? [];
  const anyUnread = items.some(({ read_at }) => !read_at);
  return (
    <Screen
      title={text("title")}
      actions={
        anyUnread ? (
          <Button variant="quiet" onClick={() => void read(items)}>
            {text("readAll")}
          </Button>
        ) : undefined
      }
    >
      <Loaded query={inbox} lines={5}>
        {() =>
          items.length === 0 ? (
            <EmptyState icon={<Bell />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <>
              <div className="space-y-5">
                {dayGroups(items, timeZone).map(({ day, at, items: ofDay }) => (
                  <section key={day} aria-labelledby={`day-${day}`}>
                    <h2 id={`day-${day}`} className="mb-2 text-sm font-semibold text-(--muted)">
                      {formats.day(at)}
                    </h2>
                    <ul className="space-y-2">
                      {ofDay.map((notification) => (
                        <li key={notification.id}>
                          <NotificationRow notification={notification} onOpen={() => open(notification)} />
                        </li>
                      ))}
                    </ul>
                  </section>
                ))}
              </div>
              {inbox.hasNextPage ? (
                <Button variant="secondary" block className="mt-4" busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
                  {text("more")}
                </Button>
              ) : null}
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}

function NotificationRow({ notification, onOpen }: { notification: Notification; onOpen: () => void }) {
  const text = useTranslations("inbox");
  const formats = useFormats();
  const { title, body } = notification;
  const unread = !notification.read_at;
  return (
    <button
      type="button"
      onClick={onOpen}
      className={`flex w-full items-start gap-3 rounded-2xl border border-(--border) p-4 text-left hover:bg-(--hover) ${unread ? "bg-(--surface)" : ""}`}
    >
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          {unread ? <span aria-hidden="true" className="size-2.5 shrink-0 rounded-full bg-(--signal)" /> : null}
          <span className={`min-w-0 flex-1 ${unread ? "font-semibold" : "font-medium"}`}>
            {unread ? <span className="sr-only">{text("unread")} </span> : null}
            {title}
          </span>
          <time dateTime={notification.at} className="shrink-0 text-xs text-(--muted)">
            {formats.time(notification.at)}
          </time>
        </span>
        {body ? <span className="mt-0.5 block text-sm text-(--muted)">{body}</span> : null}
      </span>
      {notification.rescue_id ? <ChevronRight aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-(--muted)" /> : null}
    </button>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Bell, CircleUser, History, House } from "lucide-react";
import { useTranslations } from "use-intl";

import { notificationQueries } from "../lib/api/notifications.ts";
import { TabBar } from "@supportcarr/ui/TabBar";

/** The four screens between which the bar at the foot leads. */
export function TabLayout() {
  const text = useTranslations("tabs");
  const inbox = useInfiniteQuery(notificationQueries.list());
  const unread = inbox.data?.pages.flatMap(({ items }) => items).filter(({ read_at }) => !read_at).length ?? 0;
  const icon = "size-6";
  return (
    <div className="flex h-full flex-col">
      <div className="relative min-h-0 flex-1">
        <Outlet />
      </div>
      <TabBar
        label={text("label")}
        items={[
          { to: "/", label: text("home"), icon: <House aria-hidden="true" className={icon} /> },
          { to: "/rescues", label: text("rescues"), icon: <History aria-hidden="true" className={icon} /> },
          { to: "/inbox", label: text("inbox"), icon: <Bell aria-hidden="true" className={icon} />, badge: unread },
          { to: "/me", label: text("account"), icon: <CircleUser aria-hidden="true" className={icon} /> },
        ]}
        renderLink={({ to }, className, children) => (
          <Link key={to} to={to} activeOptions={{ exact: true }} className={className}>
            {children}
          </Link>
        )}
      />
    </div>
  );
}

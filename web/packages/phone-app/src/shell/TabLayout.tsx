import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { TabBar } from "@supportcarr/ui/TabBar";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Bell, CircleUser } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { linkProps } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";

interface TabLayoutProps {
  /** The tabs before inbox and account, which both apps have. */
  tabs: readonly { to: string; label: string; icon: ReactNode }[];
}

/** The screens between which the bar at the foot leads. */
export function TabLayout({ tabs }: TabLayoutProps) {
  const text = useTranslations("tabs");
  const { links, notificationQueries } = usePhoneApp();
  const inbox = useInfiniteQuery(notificationQueries.list(useLanguage((state) => state.language)));
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
          ...tabs,
          { to: "/inbox", label: text("inbox"), icon: <Bell aria-hidden="true" className={icon} />, badge: unread },
          { to: links.account.to, label: text("account"), icon: <CircleUser aria-hidden="true" className={icon} /> },
        ]}
        renderLink={({ to }, className, children) => (
          <Link key={to} {...linkProps({ to })} activeOptions={{ exact: true }} className={className}>
            {children}
          </Link>
        )}
      />
    </div>
  );
}

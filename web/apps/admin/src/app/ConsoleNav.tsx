import { Link, type LinkProps } from "@tanstack/react-router";

import { isAdmin, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { WaitingBadge } from "./WaitingBadge.tsx";

const PAGES: readonly { to: NonNullable<LinkProps["to"]>; label: string; exact?: boolean; admins?: boolean }[] = [
  { to: "/", label: texts.nav.city, exact: true },
  { to: "/applications", label: texts.nav.applications },
  { to: "/drivers", label: texts.nav.drivers },
  { to: "/ratings", label: texts.nav.ratings },
  { to: "/users", label: texts.nav.users },
  { to: "/partners", label: texts.nav.partners, admins: true },
  { to: "/audit-log", label: texts.nav.auditLog, admins: true },
  { to: "/account", label: texts.nav.account },
];

/** The pages that the operator may open; the current one is marked. */
export function ConsoleNav({ className = "" }: { className?: string }) {
  const admin = useSession((session) => isAdmin(session.token));
  return (
    <nav aria-label={texts.nav.label} className={`flex flex-wrap items-center gap-1 text-sm ${className}`}>
      {PAGES.filter(({ admins }) => admin || !admins).map(({ to, label, exact }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: exact ?? false, includeSearch: false }}
          className="rounded-md px-2.5 py-1.5 whitespace-nowrap text-(--muted) hover:bg-(--hover) hover:text-(--text) aria-[current=page]:bg-(--selected) aria-[current=page]:font-medium aria-[current=page]:text-(--text)"
        >
          {label}
          {to === "/applications" ? <WaitingBadge /> : null}
        </Link>
      ))}
    </nav>
  );
}

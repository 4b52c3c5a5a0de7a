import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, type LinkProps, Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { accountQueries } from "../lib/api/account.ts";
import { useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";

const PAGES: readonly { to: NonNullable<LinkProps["to"]>; label: string }[] = [
  { to: "/", label: texts.nav.account },
  { to: "/rides", label: texts.nav.rides },
  { to: "/bikes", label: texts.nav.bikes },
  { to: "/driving", label: texts.nav.driving },
];

/** The pages of a person with a session; when it ends, here or elsewhere, the sign-in comes in their place. */
export function SignedInLayout() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signedIn = useSession((session) => session.token !== null);
  const me = useQuery({ ...accountQueries.me(), enabled: signedIn });

  // Nothing of the person stays in memory.
  useEffect(() => {
    if (signedIn) return;
    queryClient.clear();
    void navigate({ to: "/sign-in", replace: true });
  }, [signedIn, navigate, queryClient]);

  return (
    <>
      <nav aria-label={texts.nav.label} className="-mx-1 mb-6 flex gap-1 overflow-x-auto p-1 text-sm">
        {PAGES.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: true }}
            className="rounded-full px-3.5 py-2 whitespace-nowrap text-(--muted) hover:bg-(--hover) hover:text-(--text) aria-[current=page]:bg-(--selected) aria-[current=page]:font-medium aria-[current=page]:text-(--text)"
          >
            {label}
          </Link>
        ))}
      </nav>
      <QueryState query={me}>{() => <Outlet />}</QueryState>
    </>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";

import { SignIn } from "../features/sign-in/SignIn.tsx";
import { restoreSession, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";

/** Shows the sign-in form in place of any page, so that signing in leads to the page that was linked. */
export function SessionGate() {
  const signedIn = useSession((session) => session.token !== null);
  const restored = useSession((session) => session.restored);
  const queryClient = useQueryClient();
  // Another tab, or an earlier visit, may have a session.
  useEffect(() => {
    if (!useSession.getState().restored) void restoreSession();
  }, []);
  // Cached responses must not be shown to the next person who signs in.
  useEffect(() => {
    if (!signedIn) queryClient.clear();
  }, [signedIn, queryClient]);
  if (signedIn) return <Outlet />;
  if (restored) return <SignIn />;
  return (
    <main aria-busy="true" className="grid min-h-full place-items-center p-6 text-(--muted)">
      {texts.signIn.restoring}
    </main>
  );
}

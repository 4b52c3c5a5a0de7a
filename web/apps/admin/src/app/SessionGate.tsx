import { useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";

import { SignIn } from "../features/sign-in/SignIn.tsx";
import { useSession } from "../lib/session.ts";

/** Shows the sign-in form in place of any page, so that signing in leads to the page that was linked. */
export function SessionGate() {
  const signedIn = useSession((session) => session.tokens !== null);
  const queryClient = useQueryClient();
  // Cached responses must not be shown to the next person who signs in.
  useEffect(() => {
    if (!signedIn) queryClient.clear();
  }, [signedIn, queryClient]);
  return signedIn ? <Outlet /> : <SignIn />;
}

import { useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { SignIn } from "../features/sign-in/SignIn.tsx";
import { hasSecondFactor, restoreSession, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { EnrolmentPage } from "./EnrolmentPage.tsx";
import { MessagePage } from "./MessagePage.tsx";

/**
 * Shows the sign-in form in place of any page, so that signing in leads to the page that was linked; after it the
 * enrolment of a second factor, if the operator has none.
 */
export function SessionGate() {
  const signedIn = useSession((session) => session.token !== null);
  const restored = useSession((session) => session.restored);
  const unreachable = useSession((session) => session.unreachable);
  const needsEnrolment = useSession((session) => session.token !== null && !hasSecondFactor(session.token));
  // Stays until the recovery codes have been saved, although the token then has the second factor.
  const [enrolling, setEnrolling] = useState(false);
  if (needsEnrolment && !enrolling) setEnrolling(true);
  if (!signedIn && enrolling) setEnrolling(false);
  const queryClient = useQueryClient();
  // Another tab, or an earlier visit, may have a session.
  useEffect(() => {
    if (!useSession.getState().restored) void restoreSession();
  }, []);
  // Cached responses must not be shown to the next person who signs in.
  useEffect(() => {
    if (!signedIn) queryClient.clear();
  }, [signedIn, queryClient]);
  if (signedIn && enrolling) return <EnrolmentPage onDone={() => setEnrolling(false)} />;
  if (signedIn) return <Outlet />;
  if (restored) return <SignIn />;
  if (unreachable) return <MessagePage title={texts.page.unreachable} help={texts.page.keepsTrying} />;
  return (
    <main aria-busy="true" className="grid min-h-full place-items-center p-6 text-(--muted)">
      {texts.signIn.restoring}
    </main>
  );
}

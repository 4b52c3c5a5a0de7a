import { hasPerson } from "@supportcarr/client/appSession";
import { followAccount } from "@supportcarr/i18n/useLanguage";
import { followUnits } from "@supportcarr/i18n/useUnits";
import { StepUpDialog } from "@supportcarr/ui/account/StepUpDialog";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect } from "react";

import { BecomeDriverScreen } from "../features/application/BecomeDriverScreen.tsx";
import { OfferLayer } from "../features/offer/OfferLayer.tsx";
import { accountQueries } from "../lib/api/account.ts";
import { phoneApp, useSession } from "../lib/session.ts";
import { DriverConnection } from "./DriverConnection.tsx";
import { PendingScreen } from "@supportcarr/phone-app/shell/PendingScreen";
import { useDriving } from "./useDriving.ts";
import { useLiveSync } from "./useLiveSync.ts";

/** The screens of a driver with a session; when it ends, here or elsewhere, the sign-in comes in their place. */
export function SignedInLayout() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { pathname } = useLocation();
  const signedIn = useSession(hasPerson);
  const me = useQuery({ ...accountQueries.me(), enabled: signedIn });
  const language = me.data?.preferences.language;
  const known = useDeferredValue(Boolean(me.data)); // the screen is drawn in pieces, between which the browser answers
  const drives = Boolean(me.data?.phone_verified && me.data.roles.includes("driver"));

  useLiveSync(signedIn && drives);
  useDriving(signedIn && drives);
  const units = me.data?.preferences.units;
  useEffect(() => followAccount(language), [language]);
  useEffect(() => followUnits(units), [units]);

  // Nothing of the person stays in memory.
  useEffect(() => {
    if (signedIn) return;
    queryClient.clear();
    void navigate({ to: "/sign-in", replace: true });
  }, [signedIn, navigate, queryClient]);

  function screen() {
    if (!me.data || !known) return me.isError || me.isPaused ? <Outlet /> : <PendingScreen />;
    if (!me.data.phone_verified && pathname !== "/verify") return <Navigate to="/verify" replace />;
    if (!me.data.roles.includes("driver")) return <BecomeDriverScreen />;
    return <Outlet />;
  }

  return (
    <div className="flex h-full flex-col">
      <DriverConnection />
      <div className="min-h-0 flex-1">{screen()}</div>
      {drives ? <OfferLayer /> : null}
      <StepUpDialog stepUp={phoneApp.stepUp} />
    </div>
  );
}

import { hasPerson } from "@supportcarr/client/appSession";
import { followAccount } from "@supportcarr/i18n/useLanguage";
import { followUnits } from "@supportcarr/i18n/useUnits";
import { StepUpDialog } from "@supportcarr/ui/account/StepUpDialog";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { accountQueries } from "../lib/api/account.ts";
import { useEnteredCards } from "../lib/cards/useEnteredCards.ts";
import { forgetRequests } from "../lib/lastRequests.ts";
import { useRequest } from "../lib/requestStore.ts";
import { phoneApp, useSession } from "../lib/session.ts";
import { RiderConnection } from "./RiderConnection.tsx";
import { useLiveSync } from "./useLiveSync.ts";

/** The screens of a person with a session; when it ends, here or elsewhere, the sign-in comes in their place. */
export function SignedInLayout() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signedIn = useSession(hasPerson);
  const me = useQuery({ ...accountQueries.me(), enabled: signedIn });
  const language = me.data?.preferences.language;

  useLiveSync(signedIn);
  useEnteredCards(signedIn);
  const units = me.data?.preferences.units;
  useEffect(() => followAccount(language), [language]);
  useEffect(() => followUnits(units), [units]);

  // Nothing of the person stays in memory.
  useEffect(() => {
    if (signedIn) return;
    queryClient.clear();
    useRequest.getState().clear();
    forgetRequests();
    void navigate({ to: "/sign-in", replace: true });
  }, [signedIn, navigate, queryClient]);

  return (
    <div className="flex h-full flex-col">
      <RiderConnection />
      <div className="min-h-0 flex-1">
        <Outlet />
      </div>
      <StepUpDialog stepUp={phoneApp.stepUp} />
    </div>
  );
}

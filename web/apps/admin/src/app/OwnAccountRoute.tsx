import { PasswordCard } from "@supportcarr/ui/account/PasswordCard";
import { SecondFactorCard } from "@supportcarr/ui/account/SecondFactorCard";
import { SessionsCard } from "@supportcarr/ui/account/SessionsCard";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { ownAccount, ownAccountQueries } from "../lib/api/ownAccount.ts";
import { formatDateTime } from "../lib/format.ts";
import { endHere } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function OwnAccountRoute() {
  const sessions = useQuery(ownAccountQueries.sessions());
  const queryClient = useQueryClient();
  return (
    <OfficePage title={texts.ownAccount.title} about={texts.ownAccount.about}>
      <div className="grid max-w-5xl items-start gap-4 lg:grid-cols-2">
        <SessionsCard sessions={sessions} api={ownAccount} formatTime={formatDateTime} />
        <div className="space-y-4">
          <PasswordCard
            onChange={async (passwords) => {
              await ownAccount.changePassword(passwords);
              await queryClient.invalidateQueries({ queryKey: ownAccountQueries.sessions().queryKey });
            }}
          />
          <SecondFactorCard enabled required api={ownAccount} onRemoved={() => endHere("totpRemoved")} />
        </div>
      </div>
    </OfficePage>
  );
}

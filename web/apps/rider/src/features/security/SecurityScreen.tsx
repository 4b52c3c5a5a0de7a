import { PasswordCard } from "@supportcarr/ui/account/PasswordCard";
import { SecondFactorCard } from "@supportcarr/ui/account/SecondFactorCard";
import { SessionsCard } from "@supportcarr/ui/account/SessionsCard";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { account, accountQueries } from "../../lib/api/account.ts";
import { Screen } from "../../lib/Screen.tsx";
import { forgetSession, hasSecondFactor } from "../../lib/session.ts";

/** Password, second factor, and where the person is signed in. */
export function SecurityScreen() {
  const text = useTranslations("security");
  const formats = useFormats();
  const queryClient = useQueryClient();
  const sessions = useQuery(accountQueries.sessions());
  return (
    <Screen title={text("title")} back={{ to: "/me" }}>
      <div className="space-y-5">
        <PasswordCard
          onChange={async (passwords) => {
            await account.changePassword(passwords);
            await sessions.refetch();
          }}
        />
        <SecondFactorCard
          enabled={hasSecondFactor()}
          api={account}
          onEnrolled={() => void queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey })}
          onRemoved={() => forgetSession("totpRemoved")}
        />
        <SessionsCard sessions={sessions} api={account} formatTime={formats.dateTime} />
      </div>
    </Screen>
  );
}

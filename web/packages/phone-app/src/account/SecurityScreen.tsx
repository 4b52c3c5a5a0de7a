import { PasswordCard } from "@supportcarr/ui/account/PasswordCard";
import { SecondFactorCard } from "@supportcarr/ui/account/SecondFactorCard";
import { SessionsCard } from "@supportcarr/ui/account/SessionsCard";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { linkProps } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";

/** Password, second factor, and where the person is signed in. */
export function SecurityScreen() {
  const text = useTranslations("security");
  const { account, accountQueries, links, session } = usePhoneApp();
  const formats = useFormats();
  const queryClient = useQueryClient();
  const sessions = useQuery(accountQueries.sessions());
  return (
    <Screen title={text("title")} back={linkProps(links.account)}>
      <div className="space-y-5">
        <PasswordCard
          onChange={async (passwords) => {
            await account.changePassword(passwords);
            await sessions.refetch();
          }}
        />
        <SecondFactorCard
          enabled={session.hasSecondFactor()}
          api={account}
          onEnrolled={() => void queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey })}
          onRemoved={() => session.forgetSession("totpRemoved")}
        />
        <SessionsCard sessions={sessions} api={account} formatTime={formats.dateTime} />
      </div>
    </Screen>
  );
}

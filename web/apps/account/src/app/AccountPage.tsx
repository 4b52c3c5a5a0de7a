import { PasswordCard } from "@supportcarr/ui/account/PasswordCard";
import { SecondFactorCard } from "@supportcarr/ui/account/SecondFactorCard";
import { SessionsCard } from "@supportcarr/ui/account/SessionsCard";
import { Badge } from "@supportcarr/ui/Badge";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { DataExportCard } from "../features/data-export/DataExportCard.tsx";
import { DeletionCard } from "../features/deletion/DeletionCard.tsx";
import { PhoneChangeCard } from "../features/phone-change/PhoneChangeCard.tsx";
import { PreferencesCard } from "../features/preferences/PreferencesCard.tsx";
import { VerificationCard } from "../features/verification/VerificationCard.tsx";
import { account, accountQueries } from "../lib/api/account.ts";
import { formatDateTime } from "../lib/format.ts";
import { forgetSession, hasSecondFactor } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { Page } from "./Page.tsx";

const text = texts.account;

export function AccountPage() {
  const queryClient = useQueryClient();
  const me = useQuery(accountQueries.me());
  const sessions = useQuery(accountQueries.sessions());
  if (!me.data) return null; // the layout waits for it
  const { name, phone, phone_verified } = me.data;
  return (
    <Page
      title={text.hello(name)}
      about={
        <>
          {phone} <Badge tone={phone_verified ? "success" : "warning"}>{phone_verified ? text.verified : text.unverified}</Badge>
        </>
      }
    >
      {phone_verified ? null : <VerificationCard phone={phone} />}
      <PreferencesCard account={me.data} />
      {phone_verified ? <PhoneChangeCard phone={phone} /> : null}
      <SessionsCard sessions={sessions} api={account} formatTime={formatDateTime} />
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
      <DataExportCard />
      <DeletionCard onDeleted={() => forgetSession("deletionRequested")} />
    </Page>
  );
}

import { PasswordCard } from "@supportcarr/ui/account/PasswordCard";
import { SecondFactorCard } from "@supportcarr/ui/account/SecondFactorCard";
import { SessionsCard } from "@supportcarr/ui/account/SessionsCard";
import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";

import { DataExportCard } from "../features/data-export/DataExportCard.tsx";
import { DeletionCard } from "../features/deletion/DeletionCard.tsx";
import { VerificationCard } from "../features/verification/VerificationCard.tsx";
import { account, accountQueries } from "../lib/api/account.ts";
import { formatDateTime } from "../lib/format.ts";
import { forgetSession, hasSecondFactor, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { useDocumentTitle } from "../lib/useDocumentTitle.ts";

const text = texts.account;

export function AccountPage() {
  useDocumentTitle(`${text.title} · ${texts.product}`);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signedIn = useSession((session) => session.token !== null);
  const me = useQuery({ ...accountQueries.me(), enabled: signedIn });
  const sessions = useQuery({ ...accountQueries.sessions(), enabled: signedIn });

  // A session that ended, here or elsewhere, leads to the sign-in; nothing of the person stays in memory.
  useEffect(() => {
    if (signedIn) return;
    queryClient.clear();
    void navigate({ to: "/sign-in", replace: true });
  }, [signedIn, navigate, queryClient]);

  if (me.isError) {
    return (
      <Notice tone="danger">
        {texts.loadFailed}{" "}
        <Button variant="ghost" onClick={() => void me.refetch()}>
          {texts.tryAgain}
        </Button>
      </Notice>
    );
  }
  if (!me.data) return <p className="text-(--muted)">{texts.loading}</p>;
  const { name, phone, phone_verified } = me.data;
  return (
    <div className="space-y-5">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{text.hello(name)}</h1>
        <p className="mt-1 flex flex-wrap items-center gap-2 text-(--muted)">
          {phone} <Badge tone={phone_verified ? "success" : "warning"}>{phone_verified ? text.verified : text.unverified}</Badge>
        </p>
      </div>
      {phone_verified ? null : <VerificationCard phone={phone} />}
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
    </div>
  );
}

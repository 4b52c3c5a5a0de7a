import { useFormats } from "@supportcarr/i18n/useFormats";
import { Card } from "@supportcarr/ui/Card";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { linkProps } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { useDescribeError } from "../useProblemText.ts";
import { useSend } from "../useSend.ts";
import { ExportCard } from "./ExportCard.tsx";

/** A copy of the person's data, and the end of the account. */
export function PrivacyScreen() {
  const text = useTranslations("privacy");
  const { links } = usePhoneApp();
  return (
    <Screen title={text("title")} back={linkProps(links.account)}>
      <div className="space-y-5">
        <ExportCard />
        <DeletionCard />
        <p className="text-sm text-(--muted)">
          <a href="/privacy" className="underline underline-offset-4">
            {text("policy")}
          </a>
          {" · "}
          <a href="/terms" className="underline underline-offset-4">
            {text("terms")}
          </a>
        </p>
      </div>
    </Screen>
  );
}

function DeletionCard() {
  const text = useTranslations("privacy.deletion");
  const formats = useFormats();
  const { account, accountQueries, session } = usePhoneApp();
  const describeError = useDescribeError();
  const deletion = useQuery(accountQueries.deletion());
  const { busy, send } = useSend();
  const [asking, setAsking] = useState(false);
  return (
    <Card title={text("title")} about={text("about")}>
      {deletion.data ? (
        <>
          <Notice tone="warning" className="mb-4">
            {text("scheduled", { when: formats.date(deletion.data.erase_at) })}
          </Notice>
          <Button block busy={busy} onClick={() => void send(account.keepAccount, { done: text("kept"), onDone: () => deletion.refetch() })}>
            {text("keep")}
          </Button>
        </>
      ) : (
        <Button variant="secondary" block className="text-(--danger-text)" onClick={() => setAsking(true)}>
          {text("open")}
        </Button>
      )}
      {asking ? (
        <FormDialog
          title={text("confirmTitle")}
          about={text("confirmAbout")}
          submit={text("submit")}
          pending={text("pending")}
          tone="danger"
          describeError={describeError}
          onSubmit={async () => {
            await account.requestDeletion();
            session.forgetSession("deletionRequested");
          }}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </Card>
  );
}

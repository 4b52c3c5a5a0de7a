import { SessionList } from "@supportcarr/ui/account/SessionList";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";

import { ownAccount, ownAccountQueries } from "../../lib/api/ownAccount.ts";
import { formatDateTime } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.ownAccount.sessions;

/** Where the operator is signed in. */
export function OwnSessions() {
  const sessions = useQuery(ownAccountQueries.sessions());
  return (
    <Card title={text.title} about={text.about}>
      {sessions.isError ? (
        <Notice tone="danger">
          {text.loadFailed}{" "}
          <Button variant="ghost" onClick={() => void sessions.refetch()}>
            {texts.tryAgain}
          </Button>
        </Notice>
      ) : null}
      {sessions.isPending ? <p className="text-sm text-(--muted)">{texts.loading}</p> : null}
      {sessions.data ? (
        <SessionList
          sessions={sessions.data}
          formatTime={formatDateTime}
          onEnd={async (id) => {
            await ownAccount.endSession(id);
            await sessions.refetch();
          }}
          onEndOthers={async () => {
            await ownAccount.endOtherSessions();
            await sessions.refetch();
          }}
        />
      ) : null}
    </Card>
  );
}

import { SessionList } from "@supportcarr/ui/account/SessionList";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";

import { account, accountQueries } from "../../lib/api/account.ts";
import { formatDateTime } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

export function SessionsCard() {
  const sessions = useQuery(accountQueries.sessions());
  return (
    <Card title={texts.sessions.title} about={texts.sessions.about}>
      {sessions.isError ? (
        <Notice tone="danger">
          {texts.loadFailed}{" "}
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
            await account.endSession(id);
            await sessions.refetch();
          }}
          onEndOthers={async () => {
            await account.endOtherSessions();
            await sessions.refetch();
          }}
        />
      ) : null}
    </Card>
  );
}

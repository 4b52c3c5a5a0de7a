import type { AccountApi } from "@supportcarr/client/account";

import { Card } from "../Card.tsx";
import { type QueryResult, QueryState } from "../QueryState.tsx";
import { SessionList, type SessionView } from "./SessionList.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";

interface SessionsCardProps {
  sessions: QueryResult<readonly SessionView[]>;
  api: Pick<AccountApi, "endSession" | "endOtherSessions">;
  formatTime: (at: string) => string;
}


/** Where the person is signed in. */
export function SessionsCard({ sessions, api, formatTime }: SessionsCardProps) {
  const text = useUiTexts().sessions;
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={sessions}>
        {(items) => (
          <SessionList
            sessions={items}
            formatTime={formatTime}
            onEnd={async (id) => {
              await api.endSession(id);
              await sessions.refetch();
            }}
            onEndOthers={async () => {
              await api.endOtherSessions();
              await sessions.refetch();
            }}
          />
        )}
      </QueryState>
    </Card>
  );
}

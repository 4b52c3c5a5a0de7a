import { toProblem } from "@supportcarr/client/http";
import { useState } from "react";

import { Badge } from "../Badge.tsx";
import { Button } from "../Button.tsx";
import { problemText } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { uiTexts, useUiTexts } from "../texts/useUiTexts.ts";

/** A signed-in session as its owner sees it. */
export interface SessionView {
  id: string;
  current: boolean;
  /** What signed in: "Chrome on Windows". */
  device: string;
  /** Roughly from where. */
  place: string;
  created_at: string;
  used_at: string;
}

interface SessionListProps {
  sessions: readonly SessionView[];
  formatTime: (at: string) => string;
  onEnd: (id: string) => Promise<unknown>;
  onEndOthers: () => Promise<unknown>;
}


/** Where the person is signed in; each other device can be signed out. */
export function SessionList({ sessions, formatTime, onEnd, onEndOthers }: SessionListProps) {
  const text = useUiTexts().sessions;
  const [result, setResult] = useState<{ tone: "success" | "danger"; message: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const ordered = [...sessions].sort((a, b) => Number(b.current) - Number(a.current) || b.used_at.localeCompare(a.used_at));
  const others = ordered.filter(({ current }) => !current);

  async function run(action: () => Promise<unknown>, done: string) {
    setBusy(true);
    try {
      await action();
      setResult({ tone: "success", message: done });
    } catch (error) {
      setResult({ tone: "danger", message: problemText(toProblem(error)) });
    } finally {
      setBusy(false);
    }
  }

  return (
    <div>
      <ul className="divide-y divide-(--border) border-y border-(--border)">
        {ordered.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            formatTime={formatTime}
            busy={busy}
            onEnd={() => void run(() => onEnd(session.id), text.ended(deviceOf(session)))}
          />
        ))}
      </ul>
      {others.length === 0 ? <p className="mt-3 text-sm text-(--muted)">{text.onlyThis}</p> : null}
      {result ? (
        <Notice tone={result.tone} className="mt-4">
          {result.message}
        </Notice>
      ) : null}
      {others.length > 1 ? (
        <Button variant="secondary" className="mt-4 max-sm:w-full" disabled={busy} onClick={() => void run(onEndOthers, text.othersEnded)}>
          {text.endOthers}
        </Button>
      ) : null}
    </div>
  );
}

const deviceOf = (session: SessionView): string => session.device || uiTexts().sessions.unknownDevice;

function SessionRow({ session, formatTime, busy, onEnd }: { session: SessionView; formatTime: (at: string) => string; busy: boolean; onEnd: () => void }) {
  const text = useUiTexts().sessions;
  const device = deviceOf(session);
  return (
    <li className="flex items-center justify-between gap-3 py-3">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          {device}
          {session.current ? <Badge tone="success">{text.current}</Badge> : null}
        </p>
        <p className="mt-0.5 text-xs text-(--muted)">{text.lastUsed(formatTime(session.used_at))}</p>
        <p className="text-xs text-(--muted)">{[session.place, text.signedIn(formatTime(session.created_at))].filter(Boolean).join(" · ")}</p>
      </div>
      {session.current ? null : (
        <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.endLabel(device)} disabled={busy} onClick={onEnd}>
          {text.end}
        </Button>
      )}
    </li>
  );
}

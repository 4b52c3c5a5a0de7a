import { useFormats } from "@supportcarr/i18n/useFormats";
import type { ShownAction } from "@supportcarr/pwa/queue";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import type { Message } from "../api/types.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { textOf } from "./chatActions.ts";

const BUBBLE = "w-fit max-w-[85%] rounded-2xl px-4 py-2.5 whitespace-pre-wrap wrap-anywhere";
const MINE = `${BUBBLE} ml-auto rounded-br-md bg-(--accent) text-(--on-accent)`;
/** Not sent yet: told apart by its look, not by pale letters. */
const WAITING = `${BUBBLE} ml-auto rounded-br-md border border-dashed border-(--accent) bg-(--selected)`;
const THEIRS = `${BUBBLE} rounded-bl-md border border-(--border) bg-(--surface)`;

interface MessageListProps {
  messages: readonly Message[];
  /** Messages that the platform does not have yet. */
  drafts: readonly ShownAction[];
}

export function MessageList({ messages, drafts }: MessageListProps) {
  const text = useTranslations("chat");
  const formats = useFormats();
  const { queue, role } = usePhoneApp();
  const states = useTranslations("queued.states");
  const other = role === "rider" ? "driver" : "rider";
  if (messages.length + drafts.length === 0) return <p className="py-10 text-center text-(--muted)">{text("empty")}</p>;
  return (
    <div role="log" aria-label={text("title")}>
      <ol className="space-y-2.5">
        {messages.map(({ id, sender, text: written, at }) => {
          const mine = sender.role === role;
          return (
            <li key={id}>
              <p className={mine ? MINE : THEIRS}>
                <span className="sr-only">{mine ? text("you") : sender.role === other ? text("other") : text("support")}: </span>
                {written}
              </p>
              <p className={`mt-0.5 text-xs text-(--muted) ${mine ? "text-right" : ""}`}>
                {mine || sender.role === other ? "" : `${text("support")} · `}
                {formats.time(at)}
              </p>
            </li>
          );
        })}
        {drafts.map((draft) => (
          <li key={draft.id}>
            <p className={WAITING}>{textOf(draft)}</p>
            <p role="status" className="mt-0.5 text-right text-xs text-(--muted)">
              {draft.state === "failed" ? (
                <>
                  <span className="text-(--danger-text)">{text("failed")}</span>
                  <Button variant="quiet" className="text-sm" onClick={() => void queue.retry(draft.id)}>
                    {text("retry")}
                  </Button>
                  <Button variant="quiet" className="text-sm" onClick={() => void queue.drop(draft.id)}>
                    {text("drop")}
                  </Button>
                </>
              ) : (
                states(draft.state)
              )}
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}

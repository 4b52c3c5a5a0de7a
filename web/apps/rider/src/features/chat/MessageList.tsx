import { useFormats } from "@supportcarr/i18n/useFormats";
import { useTranslations } from "use-intl";

import type { Message } from "../../lib/api/types.ts";
import { Button } from "@supportcarr/ui/Button";
import type { Draft } from "./outbox.ts";

const BUBBLE = "w-fit max-w-[85%] rounded-2xl px-4 py-2.5 whitespace-pre-wrap wrap-anywhere";
const MINE = `${BUBBLE} ml-auto rounded-br-md bg-(--accent) text-(--on-accent)`;
const THEIRS = `${BUBBLE} rounded-bl-md border border-(--border) bg-(--surface)`;

interface MessageListProps {
  messages: readonly Message[];
  drafts: readonly Draft[];
  onRetry: (draft: Draft) => void;
}

export function MessageList({ messages, drafts, onRetry }: MessageListProps) {
  const text = useTranslations("chat");
  const formats = useFormats();
  if (messages.length + drafts.length === 0) return <p className="py-10 text-center text-(--muted)">{text("empty")}</p>;
  return (
    <div role="log" aria-label={text("title")}>
      <ol className="space-y-2.5">
        {messages.map(({ id, sender, text: written, at }) => {
          const mine = sender.role === "rider";
          return (
            <li key={id}>
              <p className={mine ? MINE : THEIRS}>
                <span className="sr-only">{mine ? text("you") : sender.role === "driver" ? text("driver") : text("support")}: </span>
                {written}
              </p>
              <p className={`mt-0.5 text-xs text-(--muted) ${mine ? "text-right" : ""}`}>
                {mine || sender.role === "driver" ? "" : `${text("support")} · `}
                {formats.time(at)}
              </p>
            </li>
          );
        })}
        {drafts.map((draft) => (
          <li key={draft.key}>
            <p className={`${MINE} opacity-80`}>{draft.text}</p>
            <p role="status" className="mt-0.5 text-right text-xs text-(--muted)">
              {draft.state === "sending" ? (
                text("sending")
              ) : (
                <>
                  <span className="text-(--danger-text)">{text("failed")}</span>
                  <Button variant="quiet" className="text-sm" onClick={() => onRetry(draft)}>
                    {text("retry")}
                  </Button>
                </>
              )}
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}

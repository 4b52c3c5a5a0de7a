import { useFormats } from "@supportcarr/i18n/useFormats";
import { RefusedAction, type ShownAction, useQueue } from "@supportcarr/pwa/queue";
import { Button } from "@supportcarr/ui/Button";
import { Notice } from "@supportcarr/ui/Notice";
import { useTranslations } from "use-intl";

import { usePhoneApp } from "./PhoneAppContext.tsx";
import { useProblemText } from "./useProblemText.ts";

interface QueuedActionsProps {
  subject: string;
  /** What the screen shows elsewhere. */
  except?: (action: ShownAction) => boolean;
}

const NONE = () => false;

/** What was done about a subject and is not with the platform yet: saved, waiting, being sent, or refused. */
export function QueuedActions({ subject, except = NONE }: QueuedActionsProps) {
  const text = useTranslations("queued");
  const formats = useFormats();
  const sentence = useProblemText();
  const { queue } = usePhoneApp();
  const actions = useQueue(queue).filter((action) => action.subject === subject && !except(action));
  if (actions.length === 0) return null;
  const kindOf = (kind: string) => (text.has(`kinds.${kind}` as never) ? text(`kinds.${kind}` as never) : kind);
  const refused = actions.find(({ state }) => state === "failed");
  return (
    <Notice tone={refused ? "danger" : "warning"}>
      <p className="font-medium">{refused ? text("refused", { what: kindOf(refused.kind) }) : text("waiting", { count: actions.length })}</p>
      {refused?.refusal ? <p>{sentence(new RefusedAction(refused.refusal))}</p> : null}
      <ul className="mt-1 list-disc pl-5">
        {actions.map(({ id, kind, happenedAt, state }) => (
          <li key={id}>{text("line", { what: kindOf(kind), time: formats.time(happenedAt), state: text(`states.${state}`) })}</li>
        ))}
      </ul>
      <div className="mt-2 flex flex-wrap gap-2">
        {refused ? (
          <Button variant="secondary" onClick={() => void queue.retry(refused.id)}>
            {text("retry")}
          </Button>
        ) : null}
        <Button variant="secondary" onClick={() => void queue.dropSubject(subject, except)}>
          {text("drop", { count: actions.length })}
        </Button>
      </div>
    </Notice>
  );
}

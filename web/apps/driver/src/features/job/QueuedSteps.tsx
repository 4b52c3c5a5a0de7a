import { Notice } from "@supportcarr/ui/Notice";
import { useQueryClient } from "@tanstack/react-query";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import { outbox, useOutbox } from "../../lib/driverPhone.ts";
import { Button } from "@supportcarr/ui/Button";

/** The steps that the platform does not have yet: waiting for a connection, or refused. */
export function QueuedSteps({ rescueId }: { rescueId: string }) {
  const text = useTranslations("queued");
  const errors = useTranslations("errors");
  const formats = useFormats();
  const queryClient = useQueryClient();
  const steps = useOutbox((state) => state.steps).filter((step) => step.rescueId === rescueId);
  if (steps.length === 0) return null;
  const refused = steps.find((step) => step.refused);
  const sentence = refused?.refused ? (errors.has(refused.refused.code as never) ? errors(refused.refused.code as never) : refused.refused.detail) : "";
  return (
    <Notice tone={refused ? "danger" : "warning"}>
      <p className="font-medium">{refused ? text("refused", { what: text(`kinds.${refused.kind}`) }) : text("waiting", { count: steps.length })}</p>
      {sentence ? <p>{sentence}</p> : null}
      <ul className="mt-1 list-disc pl-5">
        {steps.map(({ id, kind, happenedAt }) => (
          <li key={id}>{text("line", { what: text(`kinds.${kind}`), time: formats.time(happenedAt) })}</li>
        ))}
      </ul>
      {refused ? (
        <div className="mt-2 flex flex-wrap gap-2">
          <Button variant="secondary" onClick={() => void outbox.retry(refused.id)}>
            {text("retry")}
          </Button>
          <Button
            variant="secondary"
            onClick={() => {
              void outbox.dropJob(rescueId);
              void queryClient.invalidateQueries({ queryKey: jobQueries.all() });
            }}
          >
            {text("drop")}
          </Button>
        </div>
      ) : null}
    </Notice>
  );
}

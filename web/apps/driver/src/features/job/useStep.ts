import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { RefusedAction } from "@supportcarr/pwa/queue";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useLocale, useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import { performStep } from "../../lib/queue.ts";
import { type StepKind, statusWith } from "../../lib/steps.ts";
import { useToast } from "@supportcarr/ui/toasts";

/** Does steps of a job, one at a time; says that one is kept when there is no connection, or why it was refused. */
export function useStep(rescueId: string) {
  const text = useTranslations("job");
  const sentence = useProblemText();
  const english = useLocale().startsWith("en");
  const queryClient = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const running = useRef(false);

  /** Why it was refused; `null` if it is done, or kept.  `quiet`: whoever asked for it says why. */
  async function step(kind: StepKind, body: Record<string, unknown> = {}, { quiet = false } = {}): Promise<RefusedAction | null> {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    try {
      const outcome = await performStep(rescueId, kind, body);
      if (outcome === "kept") toast({ tone: "info", message: text("kept") });
      // The platform has it, also if the connection ends before the job can be read again: it does not go back.
      else queryClient.setQueryData(jobQueries.detail(rescueId).queryKey, (job) => job && { ...job, status: statusWith(job, [{ subject: rescueId, kind, state: "sending", waited: true }]) });
      return null;
    } catch (error) {
      if (!(error instanceof RefusedAction)) throw error;
      // The platform's own words, which are English, say how far it is.
      const far = english && error.code === "too_far_from_pickup" ? ` ${error.detail}` : "";
      if (!quiet) toast({ tone: "danger", message: `${sentence(error)}${far}` });
      return error;
    } finally {
      void queryClient.invalidateQueries({ queryKey: jobQueries.all() }); // the next step doesn't wait for it
      running.current = false;
      setBusy(false);
    }
  }
  return { busy, step };
}

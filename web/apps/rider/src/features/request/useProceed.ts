import { useNavigate } from "@tanstack/react-router";

import { nextStep, type RequestDraft, type Step, stepsOf } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";

/** Keeps an answer and goes on to the step after it, or back to the review if only an answer was changed. */
export function useProceed(step: Step): (answer: Partial<RequestDraft>) => void {
  const navigate = useNavigate();
  const change = useRequest((state) => state.change);
  return (answer) => {
    change(answer);
    const { draft } = useRequest.getState();
    const steps = stepsOf(draft);
    const next = nextStep(draft);
    // Who comes back to change an answer sees the steps after it only if they are not answered yet.
    const target = steps.indexOf(next) > steps.indexOf(step) ? next : steps[steps.indexOf(step) + 1];
    void navigate({ to: "/request/$step", params: { step: target ?? "review" } });
  };
}

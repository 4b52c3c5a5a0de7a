import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { type Step, stepBefore, stepsOf } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Screen } from "@supportcarr/phone-app/Screen";
import { StepProgress } from "@supportcarr/ui/StepProgress";

interface StepFrameProps {
  step: Step;
  title: string;
  footer?: ReactNode;
  children: ReactNode;
}

/** The frame of a step: its question, how far the request is, and the way back. */
export function StepFrame({ step, title, footer, children }: StepFrameProps) {
  const text = useTranslations("request");
  const draft = useRequest((state) => state.draft);
  const steps = stepsOf(draft).filter((name) => name !== "pickup");
  const current = steps.findIndex((name) => name === step) + 1;
  const before = stepBefore(step, draft);
  return (
    <Screen title={title} back={!before || before === "pickup" ? { to: "/" } : { to: "/request/$step", params: { step: before } }} footer={footer}>
      <StepProgress steps={steps.length} current={current} label={text("progress", { current, steps: steps.length })} />
      <div className="mt-5">{children}</div>
    </Screen>
  );
}

import { Navigate, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";

import { isReachable, nextStep, type Step } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { BatteryStep } from "./BatteryStep.tsx";
import { BikeStep } from "./BikeStep.tsx";
import { DropoffStep } from "./DropoffStep.tsx";
import { LoadStep } from "./LoadStep.tsx";
import { ProblemStep } from "./ProblemStep.tsx";
import { ReviewStep } from "./ReviewStep.tsx";

const STEPS: Record<Exclude<Step, "pickup">, ComponentType> = {
  problem: ProblemStep,
  battery: BatteryStep,
  load: LoadStep,
  bike: BikeStep,
  dropoff: DropoffStep,
  review: ReviewStep,
};

const isStep = (name: string): name is keyof typeof STEPS => name in STEPS;

/** One step of the request; an address of a step whose turn it is not leads to the one that is next. */
export function RequestScreen() {
  const { step } = useParams({ from: "/signed-in/request/$step" });
  const draft = useRequest((state) => state.draft);
  if (!isStep(step) || !isReachable(step, draft)) {
    const next = nextStep(draft);
    return next === "pickup" ? <Navigate to="/" replace /> : <Navigate to="/request/$step" params={{ step: next }} replace />;
  }
  const Shown = STEPS[step];
  return <Shown />;
}

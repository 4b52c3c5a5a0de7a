import { BatteryWarning, CircleHelp, CircleSlash, Flame, type LucideIcon, Package, Trash2, TriangleAlert, Truck, UserRound, Wrench } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import type { JobKind, Problem } from "../../lib/api/types.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { OptionList } from "./OptionList.tsx";
import { StepFrame } from "./StepFrame.tsx";
import { useProceed } from "./useProceed.ts";

const PROBLEMS: readonly [Problem, LucideIcon][] = [
  ["flat_tire", CircleSlash],
  ["dead_battery", BatteryWarning],
  ["mechanical", Wrench],
  ["accident", TriangleAlert],
  ["damaged_battery", Flame],
  ["stranded", UserRound],
  ["other", CircleHelp],
];
const LOADS: readonly [Exclude<JobKind, "rescue">, LucideIcon][] = [
  ["pickup_delivery", Package],
  ["hauling", Truck],
  ["dump_run", Trash2],
];
const ICON = "size-7";

/** What is wrong, or what else a truck is needed for. */
export function ProblemStep() {
  const text = useTranslations("request");
  const problems = useTranslations("problems");
  const draft = useRequest((state) => state.draft);
  const proceed = useProceed("problem");
  const [loads, setLoads] = useState(draft.kind !== "rescue");
  return (
    <StepFrame step="problem" title={text("problem.title")}>
      {loads ? null : (
        <OptionList
          label={text("problem.title")}
          options={PROBLEMS.map(([value, Icon]) => ({
            value,
            icon: <Icon className={ICON} />,
            label: problems(`${value}.name`),
            about: problems(`${value}.about`),
            chosen: draft.kind === "rescue" && draft.problem === value,
          }))}
          onChoose={(value) => proceed({ kind: "rescue", problem: value as Problem, ...(value === draft.problem ? {} : { battery: null }) })}
        />
      )}
      {loads ? (
        <OptionList
          label={text("problem.loadsTitle")}
          options={LOADS.map(([value, Icon]) => ({ value, icon: <Icon className={ICON} />, label: problems(`${value}.name`), about: problems(`${value}.about`), chosen: draft.kind === value }))}
          onChoose={(value) => proceed({ kind: value as JobKind, problem: null, battery: null })}
        />
      ) : null}
      <Button variant="quiet" block className="mt-4" onClick={() => setLoads(!loads)}>
        {loads ? text("problem.aBike") : text("problem.aLoad")}
      </Button>
    </StepFrame>
  );
}

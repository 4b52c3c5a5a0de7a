import { Flame, Phone } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import type { BatteryAnswers } from "../../lib/api/types.ts";
import { EMERGENCY_NUMBER } from "@supportcarr/phone-app/emergency";
import { isDangerous } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { StepFrame } from "./StepFrame.tsx";
import { useProceed } from "./useProceed.ts";

const QUESTIONS = ["smoking", "swollen", "hot"] as const;

type Answers = Partial<BatteryAnswers>;

/** Asks about a damaged battery before anything else; with a dangerous one the request ends in advice. */
export function BatteryStep() {
  const text = useTranslations("request.battery");
  const proceed = useProceed("battery");
  const change = useRequest((state) => state.change);
  const [answers, setAnswers] = useState<Answers>(useRequest((state) => state.draft.battery) ?? {});
  const { smoking, swollen, hot } = answers;
  const complete = smoking !== undefined && swollen !== undefined && hot !== undefined;
  const dangerous = isDangerous({ smoking: smoking ?? false, swollen: swollen ?? false, hot: hot ?? false });

  if (dangerous)
    return (
      <Refusal
        onBack={() => {
          change({ battery: null });
          setAnswers({});
        }}
      />
    );
  return (
    <StepFrame
      step="battery"
      title={text("title")}
      footer={
        <Button size="lg" block disabled={!complete} onClick={() => complete && proceed({ battery: { smoking, swollen, hot } })}>
          {text("goOn")}
        </Button>
      }
    >
      <p className="text-(--muted)">{text("about")}</p>
      <div className="mt-5 space-y-5">
        {QUESTIONS.map((question) => (
          <fieldset key={question}>
            <legend className="text-[1.0625rem] font-medium">{text(`questions.${question}`)}</legend>
            <div className="mt-2 grid grid-cols-2 gap-2.5">
              {([false, true] as const).map((answer) => (
                <label
                  key={String(answer)}
                  className="flex min-h-13 items-center justify-center gap-2 rounded-xl border border-(--border-strong) bg-(--surface) font-medium has-checked:border-(--accent) has-checked:bg-(--selected) has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--accent)"
                >
                  <input type="radio" name={question} checked={answers[question] === answer} onChange={() => setAnswers({ ...answers, [question]: answer })} className="size-4 accent-(--accent)" />
                  {answer ? text("yes") : text("no")}
                </label>
              ))}
            </div>
          </fieldset>
        ))}
      </div>
    </StepFrame>
  );
}

function Refusal({ onBack }: { onBack: () => void }) {
  const text = useTranslations("request.battery.refusal");
  return (
    <StepFrame
      step="battery"
      title={text("title")}
      footer={
        <div className="space-y-2">
          <a href={`tel:${EMERGENCY_NUMBER}`} className="flex min-h-13 w-full items-center justify-center gap-2 rounded-xl bg-(--danger) px-5 font-semibold text-(--on-danger) hover:bg-(--danger-hover)">
            <Phone aria-hidden="true" className="size-5" />
            {text("call", { number: EMERGENCY_NUMBER })}
          </a>
          <Button variant="quiet" block onClick={onBack}>
            {text("mistake")}
          </Button>
        </div>
      }
    >
      <div role="alert" className="rounded-2xl bg-(--danger-soft) p-5 text-(--danger-text)">
        <Flame aria-hidden="true" className="size-9" />
        <p className="mt-3 text-xl font-semibold">{text("lead")}</p>
        <ul className="mt-4 list-disc space-y-2 pl-5">
          {(["away", "outside", "noWater", "callThem"] as const).map((advice) => (
            <li key={advice}>{text(`advice.${advice}`, { number: EMERGENCY_NUMBER })}</li>
          ))}
        </ul>
      </div>
      <p className="mt-4 text-(--muted)">{text("why")}</p>
    </StepFrame>
  );
}

import { useState } from "react";
import { useTranslations } from "use-intl";

import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { Button } from "@supportcarr/ui/Button";
import { SlideToConfirm } from "@supportcarr/ui/SlideToConfirm";
import { PinDialog } from "./PinDialog.tsx";
import { useStep } from "./useStep.ts";

/** The one thing that comes next, at the foot of the screen. */
export function NextStep({ rescue, status }: { rescue: Rescue; status: RescueStatus }) {
  const text = useTranslations("job");
  const { busy, step } = useStep(rescue.id);
  const [entering, setEntering] = useState(false);
  if (rescue.queued_behind) return <p className="py-2 text-center text-(--muted)">{text("promisedAbout")}</p>;
  if (status === "assigned") {
    return (
      <Button size="lg" block busy={busy} className="min-h-16 text-xl" onClick={() => void step("departure")}>
        {text("depart")}
      </Button>
    );
  }
  if (status === "en_route") return <SlideToConfirm label={text("arrive")} busy={busy} onConfirm={() => void step("arrival")} key="arrive" />;
  if (status === "arrived") {
    return (
      <>
        <Button size="lg" block className="min-h-16 text-xl" onClick={() => setEntering(true)}>
          {text("enterPin")}
        </Button>
        {entering ? <PinDialog rescueId={rescue.id} onClose={() => setEntering(false)} /> : null}
      </>
    );
  }
  return <SlideToConfirm label={text("deliver")} busy={busy} onConfirm={() => void step("completion", { outcome: "delivered" })} key="deliver" />;
}

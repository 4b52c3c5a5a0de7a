import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { renewPin, rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import type { Phase } from "../../lib/rescuePhase.ts";
import { Button } from "@supportcarr/ui/Button";
import { useSend } from "@supportcarr/phone-app/useSend";

/** The PIN with which the driver starts the ride: only the right driver, at the rider, can. */
export function PinCard({ rescue, phase }: { rescue: Rescue; phase: Phase }) {
  const text = useTranslations("live.pin");
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  const met = phase === "arrived" || phase === "fixAgreed" || phase === "fixProposed";
  return (
    <section aria-label={text("label")} className="rounded-2xl bg-(--selected) px-4 py-3 text-center text-balance">
      <p className="text-sm">{phase === "fixAgreed" ? text("onlyIfLoaded") : met ? text("tellNow") : text("tellLater")}</p>
      <p aria-label={text("digits", { digits: (rescue.pin ?? "").split("").join(" ") })} role="img" className="mt-1 font-mono text-3xl leading-none font-bold tracking-[0.3em] tabular-nums">
        <span aria-hidden="true" className="-mr-[0.3em]">
          {rescue.pin}
        </span>
      </p>
      {met ? (
        <Button
          variant="quiet"
          className="mt-1 text-sm"
          busy={busy}
          onClick={() =>
            void send(() => renewPin(rescue.id), { done: text("renewed"), onDone: () => queryClient.invalidateQueries({ queryKey: rescueQueries.detail(rescue.id).queryKey }) })
          }
        >
          {text("renew")}
        </Button>
      ) : null}
    </section>
  );
}

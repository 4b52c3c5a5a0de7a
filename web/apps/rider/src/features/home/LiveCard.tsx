import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Truck } from "lucide-react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { useLive } from "../../lib/liveStore.ts";
import { phaseOf, secondsToStop } from "../../lib/rescuePhase.ts";
import { useCityTime } from "../../lib/useCityTime.ts";
import { usePhaseText } from "../../lib/usePhaseText.ts";

const TICK_MS = 5_000;

/** The rescue that is under way, in one line that leads to it. */
export function LiveCard({ rescue }: { rescue: Rescue }) {
  const text = useTranslations("home");
  const describe = usePhaseText();
  const now = useCityTime(TICK_MS);
  const timeline = useQuery(rescueQueries.timeline(rescue.id)).data ?? [];
  const position = useLive((state) => (rescue.driver ? (state.positions.get(rescue.driver.id) ?? null) : null));
  const { title, body } = describe(phaseOf(rescue, timeline), rescue, secondsToStop(rescue, timeline.at(-1)?.at ?? null, position, now));
  return (
    <Link to="/rescues/$rescueId" params={{ rescueId: rescue.id }} className="flex items-center gap-3 rounded-2xl border border-(--accent) bg-(--selected) p-4">
      <Truck aria-hidden="true" className="size-7 shrink-0 text-(--signal)" />
      <div className="min-w-0 flex-1">
        <h1 className="font-sans text-base font-semibold tracking-normal">{title}</h1>
        <span className="block text-sm text-(--muted)">{body}</span>
        <span className="sr-only">{text("openRescue")}</span>
      </div>
      <ChevronRight aria-hidden="true" className="size-5 shrink-0" />
    </Link>
  );
}

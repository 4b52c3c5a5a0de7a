import { LastKnown } from "@supportcarr/phone-app/LastKnown";
import { QueuedActions } from "@supportcarr/phone-app/QueuedActions";
import { BottomSheet, type Snap } from "@supportcarr/ui/BottomSheet";
import { useState } from "react";
import { useTranslations } from "use-intl";

import type { Rescue, TimelineEntry } from "../../lib/api/types.ts";
import { useLive } from "../../lib/liveStore.ts";
import { hasDriver, hasEnded, mayCancel, needsPin, phaseOf, secondsToStop } from "../../lib/rescuePhase.ts";
import { useCityTime } from "../../lib/useCityTime.ts";
import { usePhaseText } from "../../lib/usePhaseText.ts";
import { Actions } from "./Actions.tsx";
import { CancelButton } from "./CancelButton.tsx";
import { ConfirmCard } from "./ConfirmCard.tsx";
import { DriverCard } from "./DriverCard.tsx";
import { Ending } from "./Ending.tsx";
import { FixCard } from "./FixCard.tsx";
import { PinCard } from "./PinCard.tsx";
import { RescueMap } from "./RescueMap.tsx";
import { SearchState } from "./SearchState.tsx";
import { JobFacts } from "./JobFacts.tsx";

const TICK_MS = 5_000;

/** The map, and in front of it what is so and what can be done. */
export function RescueView({ rescue, loadedAt, timeline }: { rescue: Rescue; loadedAt: number; timeline: readonly TimelineEntry[] }) {
  const text = useTranslations("live");
  const describe = usePhaseText();
  const now = useCityTime(TICK_MS);
  const phase = phaseOf(rescue, timeline);
  const connected = useLive((state) => state.connection !== "offline");
  const position = useLive((state) => (rescue.driver && hasDriver(phase) ? (state.positions.get(rescue.driver.id) ?? null) : null));
  const seconds = secondsToStop(rescue, timeline.at(-1)?.at ?? null, position, now);
  const { title, body } = describe(phase, rescue, seconds);
  const ended = hasEnded(phase);
  const [snap, setSnap] = useState<Snap>("half");
  return (
    <div className="relative h-full overflow-hidden">
      <RescueMap rescue={rescue} phase={phase} position={position} />
      <BottomSheet label={text("title")} snap={snap} onSnap={setSnap} news={phase}>
        <div aria-live="polite">
          <h1 className="text-xl leading-tight font-semibold wrap-anywhere">{title}</h1>
          {body ? <p className="mt-1 text-(--muted)">{body}</p> : null}
        </div>
        <LastKnown at={loadedAt} connected={connected} />
        <div className="mt-4 space-y-4">
          <QueuedActions subject={rescue.id} />
          {phase === "searching" || phase === "searchingAgain" ? <SearchState rescue={rescue} timeline={timeline} /> : null}
          {phase === "confirmingCard" ? <ConfirmCard rescueId={rescue.id} /> : null}
          {phase === "fixProposed" ? <FixCard rescue={rescue} /> : null}
          {needsPin(phase) && rescue.pin ? <PinCard rescue={rescue} phase={phase} /> : null}
          {hasDriver(phase) && rescue.driver ? <DriverCard driver={rescue.driver} /> : null}
          {ended ? <Ending rescue={rescue} phase={phase} /> : null}
          <Actions rescue={rescue} phase={phase} />
          <JobFacts rescue={rescue} />
          {mayCancel(phase) ? <CancelButton rescue={rescue} scheduled={phase === "scheduled"} /> : null}
        </div>
      </BottomSheet>
    </div>
  );
}

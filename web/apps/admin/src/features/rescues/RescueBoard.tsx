import { QueryState } from "@supportcarr/ui/QueryState";
import { Tabs } from "@supportcarr/ui/Tabs";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { rescueQueries } from "../../lib/api/rescues.ts";
import { useArea } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { formatDuration, formatMoney } from "../../lib/format.ts";
import { type LiveRescue, waitingSeconds } from "../../lib/liveRescues.ts";
import { APPROACHING_STATUSES, WAITING_STATUSES } from "../../lib/rescueStatus.ts";
import { texts } from "../../lib/texts.ts";
import { useCityTime } from "../../lib/useCityTime.ts";
import { groupRescues } from "./groupRescues.ts";
import { RescueList } from "./RescueList.tsx";

const text = texts.board;

/** The live and the ended rescues; the selected tab is part of the URL. */
export function RescueBoard({ className }: { className: string }) {
  const liveCount = useCityStore((state) => (state.loaded ? state.rescues.size : 0));
  const { tab = "live" } = useSearch({ strict: false });
  const navigate = useNavigate();
  return (
    <section aria-label={text.title} className={`flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--border) bg-(--surface) ${className}`}>
      <h2 className="sr-only">{text.title}</h2>
      <Tabs
        label={text.title}
        value={tab}
        // Replaces the history entry: the back button leads to the previous rescue and not through tabs.
        onValueChange={(value) => void navigate({ to: ".", search: (search) => ({ ...search, tab: value === "ended" ? value : undefined }), replace: true })}
        tabs={[
          { value: "live", title: text.live(liveCount), content: <LiveRescues /> },
          { value: "ended", title: text.ended, content: <EndedRescues /> },
        ]}
      />
    </section>
  );
}

function LiveRescues() {
  const rescues = useCityStore((state) => state.rescues);
  const loaded = useCityStore((state) => state.loaded);
  const loadFailed = useCityStore((state) => state.loadFailed);
  const now = useCityTime(1_000)?.now;
  // Read on each tick of the clock instead of subscribing: trucks change many times a second.
  const etas = new Map([...useCityStore.getState().trucks.values()].map(({ rescueId, etaSeconds }) => [rescueId, etaSeconds] as const));

  /** How long the rider has been waiting, or how far away the driver is. */
  function timing(rescue: LiveRescue): string | null {
    if (WAITING_STATUSES.has(rescue.status) && now) return text.waitingFor(formatDuration(waitingSeconds(rescue, now)));
    const eta = APPROACHING_STATUSES.has(rescue.status) ? etas.get(rescue.id) : null;
    return eta ? text.away(formatDuration(eta)) : null;
  }

  const failure = loadFailed ? <Note alert>{text.loadFailed}</Note> : null;
  if (!loaded) return failure ?? <Note>{texts.loading}</Note>;
  return (
    <>
      {failure}
      {groupRescues(rescues.values()).map((group) =>
        group.rescues.length || group.key === "waiting" ? (
          <RescueList key={group.key} title={text.groups[group.key]} rescues={group.rescues} emptyText={text.noneWaiting} describe={timing} />
        ) : null,
      )}
      {rescues.size === 0 ? <Note>{text.noneLive}</Note> : null}
    </>
  );
}

function EndedRescues() {
  const ended = useQuery(rescueQueries.ended(useArea().id));
  if (ended.data) return <RescueList title={text.newestFirst} rescues={ended.data} emptyText={text.noneEnded} describe={amountDue} />;
  return (
    <div className="p-3">
      <QueryState query={ended} failed={() => text.endedLoadFailed}>
        {() => null}
      </QueryState>
    </div>
  );
}

const amountDue = ({ owed_minor, currency }: LiveRescue): string | null => (owed_minor && currency ? formatMoney(owed_minor, currency) : null);

function Note({ children, alert = false }: { children: ReactNode; alert?: boolean }) {
  return (
    <p role={alert ? "alert" : undefined} className="px-4 py-3 text-sm text-(--muted)">
      {children}
    </p>
  );
}

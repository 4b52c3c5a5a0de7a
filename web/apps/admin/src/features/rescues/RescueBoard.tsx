import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { Tabs } from "@supportcarr/ui/src/Tabs.tsx";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { getEnded } from "../../lib/api.ts";
import { useArea, useTimeOfDay } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { useCityTime } from "../../lib/clock.ts";
import { duration, money, shortId } from "../../lib/format.ts";
import { type LiveRescue, waited } from "../../lib/rescues.ts";
import { COMING, statusOf, WAITING } from "../../lib/status.ts";
import { said, texts } from "../../lib/texts.ts";
import { grouped } from "./groups.ts";

const { board } = texts;

export function RescueBoard({ className }: { className: string }) {
  const live = useCity((city) => city.rescues.size);
  const loaded = useCity((city) => city.loaded);
  return (
    <section aria-label={board.title} className={`flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--line) bg-(--panel) ${className}`}>
      <h2 className="sr-only">{board.title}</h2>
      <Tabs
        label={board.title}
        tabs={[
          { value: "live", title: board.live(loaded ? live : 0), content: <Live /> },
          { value: "ended", title: board.ended, content: <Ended /> },
        ]}
      />
    </section>
  );
}

function Live() {
  const rescues = useCity((city) => city.rescues);
  const loaded = useCity((city) => city.loaded);
  const unread = useCity((city) => city.unread);
  const now = useCityTime(1_000)?.now;
  // Read with the clock's tick and not subscribed to: trucks move many times a second.
  const away = new Map([...useCity.getState().trucks.values()].map((truck) => [truck.rescueId, truck] as const));
  const note = unread ? <Note alert>{board.unread}</Note> : null;
  if (!loaded) return note ?? <Note>{texts.loading}</Note>;
  return (
    <>
      {note}
      {grouped(rescues.values()).map(({ key, rescues: some }) =>
        some.length || key === "waiting" ? (
          <Group key={key} title={board.groups[key]} rescues={some} empty={board.nobodyWaits} timing={(rescue) => timing(rescue, now, away)} />
        ) : null,
      )}
      {rescues.size === 0 ? <Note>{board.nothingLive}</Note> : null}
    </>
  );
}

/** How long somebody has waited, or how soon the truck is there. */
function timing(rescue: LiveRescue, now: number | undefined, away: ReadonlyMap<string | null, { etaSeconds: number | null }>): string | null {
  if (WAITING.has(rescue.status) && now) return board.waitingFor(duration(waited(rescue, now)));
  const eta = COMING.has(rescue.status) ? away.get(rescue.id)?.etaSeconds : null;
  return eta ? board.away(duration(eta)) : null;
}

function Ended() {
  const { id: area } = useArea();
  const ended = useQuery({ queryKey: ["ended", area], queryFn: () => getEnded(area), refetchInterval: 5_000 });
  if (ended.data) return <Group title={board.newestFirst} rescues={ended.data} empty={board.nothingEnded} timing={paid} />;
  return ended.isError ? <Note alert>{board.unreadEnded}</Note> : <Note>{texts.loading}</Note>;
}

const paid = ({ owed_minor, currency }: LiveRescue): string | null => (owed_minor && currency ? money(owed_minor, currency) : null);

function Note({ children, alert = false }: { children: ReactNode; alert?: boolean }) {
  return (
    <p role={alert ? "alert" : undefined} className="px-4 py-3 text-sm text-(--quiet)">
      {children}
    </p>
  );
}

interface GroupProps {
  title: string;
  rescues: LiveRescue[];
  empty: string;
  timing: (rescue: LiveRescue) => string | null;
}

function Group({ title, rescues, empty, timing: timingOf }: GroupProps) {
  return (
    <>
      <h3 className="sticky top-0 flex justify-between bg-(--panel) px-4 pt-3 pb-1 text-xs font-semibold text-(--quiet)">
        {title}
        <span className="tabular-nums">{rescues.length}</span>
      </h3>
      {rescues.length === 0 ? <p className="px-4 py-2 text-sm text-(--quiet)">{empty}</p> : null}
      <ul>
        {rescues.map((rescue) => (
          <li key={rescue.id}>
            <Row rescue={rescue} timing={timingOf(rescue)} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Row({ rescue, timing: when }: { rescue: LiveRescue; timing: string | null }) {
  const open = useCity((city) => city.open);
  const opened = useCity((city) => city.opened === rescue.id);
  const timeOfDay = useTimeOfDay();
  const { label, tone } = statusOf(rescue.status);
  return (
    <button
      type="button"
      onClick={() => open(rescue.id)}
      aria-current={opened ? "true" : undefined}
      className="flex w-full items-start justify-between gap-3 px-4 py-2 text-left -outline-offset-2 hover:bg-(--hover) aria-[current]:bg-(--chosen)"
    >
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium">{said(rescue.problem ?? rescue.kind ?? "rescue")}</span>
        <span className="mt-0.5 block text-xs text-(--quiet) tabular-nums">
          {shortId(rescue.id)} · {timeOfDay(rescue.requested_at)}
        </span>
      </span>
      <span className="shrink-0 text-right">
        <Badge tone={tone}>{label}</Badge>
        <span className="mt-0.5 block pr-2 text-xs text-(--quiet) tabular-nums">{when}</span>
      </span>
    </button>
  );
}


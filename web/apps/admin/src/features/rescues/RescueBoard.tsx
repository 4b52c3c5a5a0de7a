import * as Tabs from "@radix-ui/react-tabs";
import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { useQuery } from "@tanstack/react-query";

import { getEnded, type RescueRow } from "../../lib/api.ts";
import { useCity } from "../../lib/city.ts";
import { money, shortId, timeOfDay, words } from "../../lib/format.ts";
import { statusOf, UNDER_WAY, WAITING } from "../../lib/status.ts";

export function RescueBoard({ area }: { area: string }) {
  const rescues = useCity((city) => city.rescues);
  const live = [...rescues.values()].sort((a, b) => a.requested_at.localeCompare(b.requested_at));
  const waiting = live.filter((rescue) => WAITING.has(rescue.status));
  const underWay = live.filter((rescue) => UNDER_WAY.has(rescue.status));
  const ended = useQuery({ queryKey: ["ended", area], queryFn: () => getEnded(area), refetchInterval: 5_000 });
  return (
    <section aria-label="Rescues" className="flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--line) bg-(--panel)">
      <Tabs.Root defaultValue="live" className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label="Rescues by state" className="flex border-b border-(--line) px-2 text-sm">
          <Tab value="live">Live {live.length}</Tab>
          <Tab value="ended">Ended</Tab>
        </Tabs.List>
        <Tabs.Content value="live" className="min-h-0 flex-1 overflow-y-auto">
          <Group title="Waiting" rescues={waiting} empty="Nobody is waiting." />
          <Group title="Under way" rescues={underWay} empty="No rescue is under way." />
        </Tabs.Content>
        <Tabs.Content value="ended" className="min-h-0 flex-1 overflow-y-auto">
          <Group title="Newest first" rescues={ended.data ?? []} empty="No rescue has ended yet." />
        </Tabs.Content>
      </Tabs.Root>
    </section>
  );
}

function Tab({ value, children }: { value: string; children: React.ReactNode }) {
  return (
    <Tabs.Trigger
      value={value}
      className="border-b-2 border-transparent px-3 py-2.5 font-medium text-(--quiet) data-[state=active]:border-brand-600 data-[state=active]:text-(--ink)"
    >
      {children}
    </Tabs.Trigger>
  );
}

function Group({ title, rescues, empty }: { title: string; rescues: RescueRow[]; empty: string }) {
  return (
    <>
      <h3 className="sticky top-0 bg-(--panel) px-4 pt-3 pb-1 text-xs font-semibold text-(--quiet)">
        {title} ({rescues.length})
      </h3>
      {rescues.length === 0 ? <p className="px-4 py-2 text-sm text-(--quiet)">{empty}</p> : null}
      <ul>
        {rescues.map((rescue) => (
          <li key={rescue.id}>
            <Row rescue={rescue} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Row({ rescue }: { rescue: RescueRow }) {
  const open = useCity((city) => city.open);
  const { label, tone } = statusOf(rescue.status);
  return (
    <button type="button" onClick={() => open(rescue.id)} className="flex w-full items-center justify-between gap-3 px-4 py-2 text-left hover:bg-(--hover)">
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium">{words(rescue.problem ?? rescue.kind ?? "rescue")}</span>
        <span className="block text-xs text-(--quiet) tabular-nums">
          {shortId(rescue.id)} · {timeOfDay(rescue.requested_at)}
          {rescue.owed_minor && rescue.currency ? ` · ${money(rescue.owed_minor, rescue.currency)}` : ""}
        </span>
      </span>
      <Badge tone={tone}>{label}</Badge>
    </button>
  );
}

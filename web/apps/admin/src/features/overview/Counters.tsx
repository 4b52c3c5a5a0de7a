import { Stat } from "@supportcarr/ui/Stat";
import { useQuery } from "@tanstack/react-query";

import { overviewQueries } from "../../lib/api/overview.ts";
import { useArea, useTimeOfDay } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { formatDuration, formatMoney } from "../../lib/format.ts";
import { longestWaitSeconds } from "../../lib/liveRescues.ts";
import { UNDER_WAY_STATUSES, WAITING_STATUSES } from "../../lib/rescueStatus.ts";
import { texts } from "../../lib/texts.ts";
import { useCityTime } from "../../lib/useCityTime.ts";

const SERVICE_LEVEL_S = 60; // a driver should be found in under a minute
const UNKNOWN = "–";

export function Counters({ className }: { className: string }) {
  const area = useArea();
  const overview = useQuery(overviewQueries.area(area.id));
  const rescues = useCityStore((state) => state.rescues);
  const loaded = useCityStore((state) => state.loaded);
  const count = (statuses: ReadonlySet<string>) => (loaded ? [...rescues.values()].filter((rescue) => statuses.has(rescue.status)).length : UNKNOWN);
  const data = overview.data;
  const { counters } = texts;
  return (
    <dl aria-label={counters.label} className={`grid grid-cols-3 items-center gap-x-4 gap-y-1 sm:flex 2xl:gap-x-6 sm:flex-wrap ${className}`}>
      <CityTime />
      <Stat label={counters.driversBusy} value={data ? counters.of(data.drivers.busy, data.drivers.online) : UNKNOWN} />
      <Stat label={counters.waiting} value={count(WAITING_STATUSES)} />
      <Stat label={counters.underWay} value={count(UNDER_WAY_STATUSES)} />
      <LongestWait />
      <Stat label={counters.completedToday} value={data?.today.completed ?? UNKNOWN} />
      <Stat label={counters.revenueToday} value={data ? formatMoney(data.today.revenue_minor, area.currency) : UNKNOWN} />
    </dl>
  );
}

/** Computed from the live rescues, so that it agrees with the waiting times in the list. */
function LongestWait() {
  const rescues = useCityStore((state) => state.rescues);
  const loaded = useCityStore((state) => state.loaded);
  const now = useCityTime(1_000)?.now;
  const { counters } = texts;
  const seconds = loaded && now !== undefined ? longestWaitSeconds(rescues.values(), now) : null;
  const tooLong = (seconds ?? 0) > SERVICE_LEVEL_S;
  return <Stat label={counters.longestWait} value={seconds === null ? UNKNOWN : formatDuration(seconds)} alert={tooLong ? counters.aboveServiceLevel : undefined} />;
}

function CityTime() {
  const city = useCityTime(250);
  const timeOfDay = useTimeOfDay();
  return <Stat label={texts.counters.cityTime(city?.speed ?? 1)} value={city ? timeOfDay(city.now) : UNKNOWN} />;
}

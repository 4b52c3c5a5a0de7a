import { Stat } from "@supportcarr/ui/src/Stat.tsx";
import { useQuery } from "@tanstack/react-query";

import { getOverview } from "../../lib/api.ts";
import { useArea, useTimeOfDay } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { useCityTime } from "../../lib/clock.ts";
import { duration, money } from "../../lib/format.ts";
import { longestWait } from "../../lib/rescues.ts";
import { UNDER_WAY, WAITING } from "../../lib/status.ts";
import { texts } from "../../lib/texts.ts";

const LONG_WAIT_S = 60; // the service level: a match in under a minute
const UNKNOWN = "–";

export function Counters({ className }: { className: string }) {
  const area = useArea();
  const overview = useQuery({ queryKey: ["overview", area.id], queryFn: () => getOverview(area.id), refetchInterval: 3_000 });
  const rescues = useCity((city) => city.rescues);
  const loaded = useCity((city) => city.loaded);
  const count = (states: ReadonlySet<string>) => (loaded ? [...rescues.values()].filter((rescue) => states.has(rescue.status)).length : UNKNOWN);
  const figures = overview.data;
  const { counters } = texts;
  return (
    <dl aria-label={counters.label} className={`grid grid-cols-3 items-center gap-x-4 gap-y-1 sm:flex 2xl:gap-x-6 sm:flex-wrap ${className}`}>
      <CityTime />
      <Stat label={counters.driversBusy} value={figures ? counters.of(figures.drivers.busy, figures.drivers.online) : UNKNOWN} />
      <Stat label={counters.waiting} value={count(WAITING)} />
      <Stat label={counters.underWay} value={count(UNDER_WAY)} />
      <LongestWait />
      <Stat label={counters.completedToday} value={figures?.today.completed ?? UNKNOWN} />
      <Stat label={counters.revenueToday} value={figures ? money(figures.today.revenue_minor, area.currency) : UNKNOWN} />
    </dl>
  );
}

/** Of those whom the lists show as waiting, to the second as they show it. */
function LongestWait() {
  const rescues = useCity((city) => city.rescues);
  const loaded = useCity((city) => city.loaded);
  const now = useCityTime(1_000)?.now;
  const { counters } = texts;
  const seconds = loaded && now !== undefined ? longestWait(rescues.values(), now) : null;
  const tooLong = (seconds ?? 0) > LONG_WAIT_S;
  return <Stat label={counters.longestWait} value={seconds === null ? UNKNOWN : duration(seconds)} alert={tooLong ? counters.aboveLevel : undefined} />;
}

function CityTime() {
  const city = useCityTime(250);
  const timeOfDay = useTimeOfDay();
  return <Stat label={texts.counters.cityTime(city?.speed ?? 1)} value={city ? timeOfDay(city.now) : UNKNOWN} />;
}

import { Stat } from "@supportcarr/ui/src/Stat.tsx";
import { useQuery } from "@tanstack/react-query";

import { getOverview } from "../../lib/api.ts";
import { useArea, useTimeOfDay } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { useCityTime } from "../../lib/clock.ts";
import { duration, money } from "../../lib/format.ts";
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
  const tooLong = (figures?.waiting_seconds_max ?? 0) > LONG_WAIT_S;
  return (
    <dl aria-label={counters.label} className={`grid grid-cols-3 items-center gap-x-4 gap-y-1 sm:flex 2xl:gap-x-6 sm:flex-wrap ${className}`}>
      <CityTime />
      <Stat label={counters.driversBusy} value={figures ? counters.of(figures.drivers.busy, figures.drivers.online) : UNKNOWN} />
      <Stat label={counters.waiting} value={count(WAITING)} />
      <Stat label={counters.underWay} value={count(UNDER_WAY)} />
      <Stat label={counters.longestWait} value={figures ? duration(figures.waiting_seconds_max) : UNKNOWN} alert={tooLong ? counters.aboveLevel : undefined} />
      <Stat label={counters.completedToday} value={figures?.today.completed ?? UNKNOWN} />
      <Stat label={counters.revenueToday} value={figures ? money(figures.today.revenue_minor, area.currency) : UNKNOWN} />
    </dl>
  );
}

function CityTime() {
  const city = useCityTime(250);
  const timeOfDay = useTimeOfDay();
  return <Stat label={texts.counters.cityTime(city?.speed ?? 1)} value={city ? timeOfDay(city.now) : UNKNOWN} />;
}

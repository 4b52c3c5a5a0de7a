import { Stat } from "@supportcarr/ui/src/Stat.tsx";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { getClock, getOverview } from "../../lib/api.ts";
import { useCity } from "../../lib/city.ts";
import { duration, money, timeOfDay } from "../../lib/format.ts";
import { UNDER_WAY, WAITING } from "../../lib/status.ts";

const LONG_WAIT_S = 60; // the service level: a match in under a minute

export function Counters({ area }: { area: string }) {
  const overview = useQuery({ queryKey: ["overview", area], queryFn: () => getOverview(area), refetchInterval: 3_000 });
  const rescues = useCity((city) => city.rescues);
  const states = [...rescues.values()].map((rescue) => rescue.status);
  const figures = overview.data;
  return (
    <dl className="flex flex-1 flex-wrap items-center gap-x-5 gap-y-1">
      <CityTime />
      <Stat label="Drivers online" value={figures?.drivers.online ?? "–"} />
      <Stat label="Busy" value={figures?.drivers.busy ?? "–"} />
      <Stat label="Waiting" value={states.filter((status) => WAITING.has(status)).length} />
      <Stat label="Under way" value={states.filter((status) => UNDER_WAY.has(status)).length} />
      <Stat
        label="Longest wait"
        value={figures ? duration(figures.waiting_seconds_max) : "–"}
        alert={(figures?.waiting_seconds_max ?? 0) > LONG_WAIT_S}
      />
      <Stat label="Completed today" value={figures?.today.completed ?? "–"} />
      <Stat label="Revenue today" value={figures ? money(figures.today.revenue_minor, "CAD") : "–"} />
      <Connection />
    </dl>
  );
}

function CityTime() {
  const clock = useQuery({ queryKey: ["clock"], queryFn: getClock, staleTime: Infinity });
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const reading = clock.data;
  const city = reading ? Date.parse(reading.city_time) + (now - clock.dataUpdatedAt) * reading.speed : null;
  return <Stat label={reading && reading.speed !== 1 ? `City time ×${reading.speed}` : "City time"} value={city ? timeOfDay(city) : "–"} />;
}

function Connection() {
  const connection = useCity((city) => city.connection);
  const [colour, text] =
    connection === "live" ? ["bg-emerald-500", "Live"] : connection === "connecting" ? ["bg-amber-500", "Connecting"] : ["bg-rose-500", "Offline"];
  return (
    <div role="status" className="ml-auto flex items-center gap-2 text-sm">
      <span className={`size-2.5 rounded-full ${colour}`} />
      {text}
    </div>
  );
}

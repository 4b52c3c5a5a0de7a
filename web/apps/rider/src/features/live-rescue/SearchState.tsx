import { useFormats } from "@supportcarr/i18n/useFormats";
import { useWaits } from "@supportcarr/phone-app/useWaits";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { pricingQueries } from "../../lib/api/pricing.ts";
import type { Rescue, TimelineEntry } from "../../lib/api/types.ts";
import { givenUp, searchBegan } from "../../lib/rescuePhase.ts";
import { useCityTime } from "../../lib/useCityTime.ts";

const TICK_MS = 1_000;

/** How long the search has been going on, how long it goes on at most, and whether anybody is near. */
export function SearchState({ rescue, timeline }: { rescue: Rescue; timeline: readonly TimelineEntry[] }) {
  const text = useTranslations("live.search");
  const formats = useFormats();
  const { search_seconds: limit } = useWaits();
  const now = useCityTime(TICK_MS);
  const coverage = useQuery({
    ...pricingQueries.coverage({ lat: rescue.pickup.lat, lng: rescue.pickup.lng, kind: rescue.kind, ...(rescue.problem ? { problem: rescue.problem } : {}) }),
    refetchInterval: 20_000,
  });
  const began = searchBegan(timeline);
  const passed = began ? Math.min(limit, Math.max(0, (now - Date.parse(began)) / 1_000)) : 0;
  const near = coverage.data;
  return (
    <div>
      <progress aria-label={text("label")} value={passed} max={limit} className="sr-only" />
      <div aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-(--border)">
        <div className="h-full rounded-full bg-(--signal) transition-[width] duration-1000 ease-linear" style={{ width: `${(100 * passed) / limit}%` }} />
      </div>
      <p className="mt-2 text-sm">{text("passed", { passed: formats.duration(passed), limit: formats.duration(limit) })}</p>
      {near ? (
        <p className="mt-1 text-sm text-(--muted)">
          {near.drivers_available && typeof near.eta_seconds === "number" ? text("near", { eta: formats.duration(near.eta_seconds) }) : text(near.unavailable === "no_vehicle_fits" ? "noVehicle" : "nobodyNear")}
        </p>
      ) : null}
      {givenUp(timeline) > 0 ? <p className="mt-1 text-sm text-(--muted)">{text("gaveUp", { count: givenUp(timeline) })}</p> : null}
      <p className="mt-1 text-sm text-(--muted)">{text("freeNow")}</p>
    </div>
  );
}

import { useFormats } from "@supportcarr/i18n/useFormats";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import type { DaySummary } from "../../lib/api/types.ts";
import { useCityTime } from "../../lib/useCityTime.ts";

const WARN_MS = 60 * 60 * 1_000;

/** What the day has brought so far, and when a rest is due. */
export function DayLine({ day }: { day: DaySummary }) {
  const text = useTranslations("day");
  const formats = useFormats();
  const now = useCityTime(10_000);
  const resting = day.rest_until !== null && Date.parse(day.rest_until) > now;
  const restSoon = day.hours_until !== null && Date.parse(day.hours_until) - now < WARN_MS;
  return (
    <div className="absolute inset-x-3 top-[calc(0.75rem+env(safe-area-inset-top))] z-10 space-y-2">
      <Link to="/earnings" className="flex flex-wrap items-center justify-between gap-x-3 rounded-2xl bg-(--surface-raised) px-4 py-2.5 shadow-(--shadow)">
        <span className="display text-lg font-bold tabular-nums">{day.currency ? formats.money(day.earned_minor, day.currency) : text("nothing")}</span>
        <span className="min-w-0 text-right text-sm wrap-anywhere text-(--muted)">
          {text("jobs", { count: day.jobs })}
          {day.driving_seconds >= 60 ? <span className="block">{text("driven", { hours: formats.duration(day.driving_seconds) })}</span> : null}
        </span>
      </Link>
      {resting && day.rest_until ? (
        <p role="status" className="rounded-card bg-(--warning-soft) px-4 py-2 text-sm text-(--warning-text) shadow-(--shadow)">
          {text("restUntil", { time: formats.time(day.rest_until, day.timezone) })}
        </p>
      ) : restSoon && day.hours_until ? (
        <p role="status" className="rounded-card bg-(--warning-soft) px-4 py-2 text-sm text-(--warning-text) shadow-(--shadow)">
          {text("restSoon", { time: formats.time(day.hours_until, day.timezone) })}
        </p>
      ) : null}
    </div>
  );
}

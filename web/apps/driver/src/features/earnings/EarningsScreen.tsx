import { useFormats } from "@supportcarr/i18n/useFormats";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock, Star, Wallet } from "lucide-react";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { earningDays } from "../../lib/earningDays.ts";
import { LinkRow } from "@supportcarr/phone-app/LinkRow";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";

/** What the driver has earned, by day and job. */
export function EarningsScreen() {
  const text = useTranslations("earnings");
  const formats = useFormats();
  const today = useQuery(drivingQueries.today());
  const earnings = useInfiniteQuery(drivingQueries.earnings());
  const days = earningDays(earnings.data?.pages.flatMap(({ items }) => items) ?? [], today.data?.timezone);
  return (
    <Screen title={text("title")}>
      <Loaded query={today} lines={1}>
        {(day) => (
          <section aria-label={text("today")} className="rounded-2xl bg-(--accent) p-5 text-(--on-accent)">
            <p>{text("today")}</p>
            <p className="text-[2.75rem] leading-tight font-semibold tabular-nums">{formats.money(day.earned_minor, day.currency ?? days[0]?.currency ?? "CAD")}</p>
            <p>{day.driving_seconds >= 60 ? text("summary", { jobs: day.jobs, driven: formats.duration(day.driving_seconds) }) : text("jobs", { jobs: day.jobs })}</p>
          </section>
        )}
      </Loaded>
      <nav aria-label={text("more")} className="mt-3 divide-y divide-(--border)">
        <LinkRow to="/shifts" icon={<Clock className="size-6" />} title={text("shifts")} />
        <LinkRow to="/ratings" icon={<Star className="size-6" />} title={text("ratings")} />
      </nav>
      <div className="mt-4">
        <Loaded query={earnings}>
          {() =>
            days.length === 0 ? (
              <EmptyState icon={<Wallet />} title={text("none")}>{text("noneHelp")}</EmptyState>
            ) : (
              <>
                {days.map(({ day, currency, amountMinor, earnings: items }) => (
                  <section key={day + currency} aria-label={formats.date(`${day}T12:00:00Z`, "UTC")} className="mb-6">
                    <h2 className="flex justify-between gap-3 border-b border-(--border-strong) pb-1 text-lg font-semibold">
                      <span>{formats.date(`${day}T12:00:00Z`, "UTC")}</span>
                      <span className="tabular-nums">{formats.money(amountMinor, currency)}</span>
                    </h2>
                    <ul className="divide-y divide-(--border)">
                      {items.map(({ rescue_id, kind, amount_minor, at }) => (
                        <li key={`${rescue_id} ${kind} ${at}`}>
                          <Link to="/job/$rescueId" params={{ rescueId: rescue_id }} className="flex min-h-13 items-center justify-between gap-3 py-2 hover:bg-(--hover)">
                            <span>
                              {text(`kinds.${kind}`)}
                              <span className="block text-sm text-(--muted)">{formats.time(at, today.data?.timezone)}</span>
                            </span>
                            <span className="tabular-nums">{formats.money(amount_minor, currency)}</span>
                          </Link>
                        </li>
                      ))}
                    </ul>
                  </section>
                ))}
                {earnings.hasNextPage ? (
                  <Button variant="secondary" block busy={earnings.isFetchingNextPage} onClick={() => void earnings.fetchNextPage()}>
                    {text("older")}
                  </Button>
                ) : null}
              </>
            )
          }
        </Loaded>
      </div>
    </Screen>
  );
}

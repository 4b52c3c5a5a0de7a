import { useFormats } from "@supportcarr/i18n/useFormats";
import { Badge, type Tone } from "@supportcarr/ui/Badge";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Stars } from "@supportcarr/ui/Stars";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, History } from "lucide-react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { RatingDistribution } from "@supportcarr/phone-app/RatingDistribution";
import { Screen } from "@supportcarr/phone-app/Screen";
import { owedBy } from "../../lib/owed.ts";
import { useBookingTime } from "../../lib/useBookingTime.ts";
import { TextLink } from "@supportcarr/phone-app/TextLink";
import { Button } from "@supportcarr/ui/Button";

const TONES: Partial<Record<RescueStatus, Tone>> = { scheduled: "info", completed: "success", cancelled: "neutral", no_show: "warning", unserved: "warning", rejected: "danger", aborted: "danger" };

/** The rider's rescues, newest first, and how drivers rate them. */
export function HistoryScreen() {
  const text = useTranslations("history");
  const history = useInfiniteQuery(rescueQueries.history());
  return (
    <Screen title={text("title")}>
      <OwnRating />
      <Loaded query={history} lines={5}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0)
            return (
              <EmptyState icon={<History />} title={text("none")} action={<TextLink to="/">{text("noneAction")}</TextLink>}>
                {text("noneHelp")}
              </EmptyState>
            );
          return (
            <>
              <ul className="space-y-2.5">
                {items.map((rescue) => (
                  <li key={rescue.id}>
                    <RescueRow rescue={rescue} />
                  </li>
                ))}
              </ul>
              {history.hasNextPage ? (
                <Button variant="secondary" block className="mt-4" busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
                  {text("more")}
                </Button>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </Screen>
  );
}

function RescueRow({ rescue }: { rescue: Rescue }) {
  const text = useTranslations("history");
  const problems = useTranslations("problems");
  const formats = useFormats();
  const bookingTime = useBookingTime();
  const what = rescue.problem ?? rescue.kind;
  const owed = owedBy(rescue);
  return (
    <Link to="/rescues/$rescueId" params={{ rescueId: rescue.id }} className="flex items-center gap-3 rounded-2xl border border-(--border) bg-(--surface) p-4 hover:bg-(--hover)">
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-2 font-medium">
          {problems.has(`${what}.name` as never) ? problems(`${what}.name` as never) : what}
          <Badge tone={TONES[rescue.status] ?? "info"}>{text(`statuses.${rescue.status}`)}</Badge>
        </span>
        <span className="mt-0.5 block text-sm text-(--muted)">
          <time dateTime={rescue.created_at}>{rescue.scheduled_for ? bookingTime(rescue.scheduled_for, rescue.area_id) : formats.dateTime(rescue.created_at)}</time>
        </span>
        {rescue.dropoff.address ? <span className="block text-sm text-(--muted) wrap-anywhere">{text("to", { where: rescue.dropoff.address })}</span> : null}
      </span>
      <span className="shrink-0 font-medium tabular-nums">{owed === null ? text("noCharge") : formats.money(owed, rescue.quote.currency)}</span>
      <ChevronRight aria-hidden="true" className="size-5 shrink-0 text-(--muted)" />
    </Link>
  );
}

function OwnRating() {
  const text = useTranslations("history");
  const formats = useFormats();
  const rating = useTranslations("rating");
  const { data } = useQuery(rescueQueries.ownRatings());
  if (!data || data.count === 0 || data.average === null) return null;
  const average = formats.number(data.average, 1);
  return (
    <details className="mb-4 text-sm">
      <summary className="flex min-h-11 cursor-pointer flex-wrap items-center gap-2 text-(--muted)">
        <Stars stars={data.average} label={text("ownRating", { average })} />
        <span>{text("ownRatingAbout", { average, count: data.count })}</span>
      </summary>
      <RatingDistribution count={data.count} distribution={data.distribution} nameOf={(stars) => rating("starName", { stars })} />
    </details>
  );
}

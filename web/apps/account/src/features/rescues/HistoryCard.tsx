import { Badge, type Tone } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { formatDateTime, formatMoney } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";
import { RatingDialog } from "./RatingDialog.tsx";

const text = texts.history;

const TONES: Record<string, Tone> = { completed: "success", cancelled: "neutral", no_show: "warning", unserved: "warning", rejected: "danger", aborted: "danger" };

const RATABLE = new Set<string>(["completed", "aborted"]);

/** The person's rescues, newest first; one in which both sides have met can be rated. */
export function HistoryCard() {
  const history = useInfiniteQuery(rescueQueries.history());
  const [rating, setRating] = useState<Rescue | null>(null);
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={history}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <EmptyState title={text.none}>{text.noneHelp}</EmptyState>;
          return (
            <>
              <ul className="divide-y divide-(--border) border-y border-(--border)">
                {items.map((rescue) => (
                  <RescueRow key={rescue.id} rescue={rescue} onRate={() => setRating(rescue)} />
                ))}
              </ul>
              {history.hasNextPage ? (
                <Button variant="secondary" className="mt-4 max-sm:w-full" disabled={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
                  {text.more}
                </Button>
              ) : null}
            </>
          );
        }}
      </QueryState>
      {rating ? <RatingDialog rescue={rating} onClose={() => setRating(null)} /> : null}
    </Card>
  );
}

function RescueRow({ rescue, onRate }: { rescue: Rescue; onRate: () => void }) {
  const what = text.problems[rescue.problem ?? rescue.kind] ?? text.rescue;
  const when = formatDateTime(rescue.created_at);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 py-3">
      <div className="min-w-40 flex-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {what} <Badge tone={TONES[rescue.status] ?? "info"}>{text.statuses[rescue.status] ?? text.live}</Badge>
        </p>
        <p className="mt-0.5 text-xs text-(--muted)">
          <time dateTime={rescue.created_at}>{when}</time>
          {rescue.dropoff.address ? ` · ${text.to(rescue.dropoff.address)}` : ""}
        </p>
      </div>
      <span className="text-sm tabular-nums">{formatMoney(rescue.price_minor ?? rescue.quote.total_minor, rescue.quote.currency)}</span>
      {RATABLE.has(rescue.status) ? (
        <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.rateRescue(what, when)} onClick={onRate}>
          {text.rate}
        </Button>
      ) : null}
    </li>
  );
}

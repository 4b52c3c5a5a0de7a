import { Card } from "@supportcarr/ui/Card";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Stars } from "@supportcarr/ui/Stars";
import { useQuery } from "@tanstack/react-query";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { OwnRatings } from "../../lib/api/types.ts";
import { formatAverage } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.ownRatings;

/** How others have rated the person: the average and how often each number of stars was given. */
export function OwnRatingsCard() {
  const ratings = useQuery(rescueQueries.own());
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={ratings}>{(data) => (data.count === 0 || data.average === null ? <p className="text-sm text-(--muted)">{text.none}</p> : <Summary ratings={data} average={data.average} />)}</QueryState>
    </Card>
  );
}

function Summary({ ratings: { count, distribution }, average }: { ratings: OwnRatings; average: number }) {
  const most = Math.max(1, ...Object.values(distribution));
  return (
    <div className="flex flex-wrap items-center gap-x-8 gap-y-4">
      <div>
        <p className="text-3xl font-semibold tabular-nums">{formatAverage(average)}</p>
        <Stars stars={average} label={text.average(formatAverage(average))} />
        <p className="mt-1 text-xs text-(--muted)">{text.count(count)}</p>
      </div>
      <dl className="grid min-w-48 flex-1 grid-cols-[auto_1fr_auto] items-center gap-x-2 gap-y-1 text-xs">
        {[5, 4, 3, 2, 1].map((stars) => {
          const given = distribution[String(stars)] ?? 0;
          return (
            <div key={stars} className="contents">
              <dt>{text.stars(stars)}</dt>
              <dd aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-(--border)">
                <span className="block h-full bg-(--signal-line)" style={{ width: `${(100 * given) / most}%` }} />
              </dd>
              <dd className="text-right tabular-nums">{given}</dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

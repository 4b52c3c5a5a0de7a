import { Card } from "@supportcarr/ui/Card";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Stars } from "@supportcarr/ui/Stars";
import { useQuery } from "@tanstack/react-query";

import { driverQueries } from "../../lib/api/drivers.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.drivers.ratings;
const STARS = ["5", "4", "3", "2", "1"] as const;

/** How riders rate the driver. */
export function DriverRatings({ driverId }: { driverId: string }) {
  const ratings = useQuery(driverQueries.ratings(driverId));
  return (
    <Card title={text.title}>
      <QueryState query={ratings}>
        {({ average, count, distribution }) =>
          count === 0 || average === null ? (
            <p className="text-sm text-(--muted)">{text.none}</p>
          ) : (
            <>
              <p className="flex flex-wrap items-center gap-x-3 text-sm">
                <span className="text-2xl font-semibold tabular-nums">{average.toFixed(1)}</span>
                <Stars stars={Math.round(average)} label={text.outOf(average.toFixed(1))} />
                <span className="text-(--muted)">{text.count(count)}</span>
              </p>
              <dl className="mt-3 space-y-1 text-xs">
                {STARS.map((stars) => (
                  <div key={stars} className="grid grid-cols-[4rem_1fr_2rem] items-center gap-2">
                    <dt className="text-(--muted)">{text.stars(Number(stars))}</dt>
                    <dd aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-(--border)">
                      <span className="block h-full rounded-full bg-(--accent)" style={{ width: `${((distribution[stars] ?? 0) / count) * 100}%` }} />
                    </dd>
                    <dd className="text-right tabular-nums">{distribution[stars] ?? 0}</dd>
                  </div>
                ))}
              </dl>
            </>
          )
        }
      </QueryState>
    </Card>
  );
}

import { Badge } from "@supportcarr/ui/Badge";
import { Card } from "@supportcarr/ui/Card";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery } from "@tanstack/react-query";

import { driverQueries } from "../../lib/api/drivers.ts";
import { formatDateTime, formatDuration } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.drivers.shifts;

/** The latest shifts of a driver. */
export function DriverShifts({ driverId }: { driverId: string }) {
  const shifts = useQuery(driverQueries.shifts(driverId));
  return (
    <Card title={text.title}>
      <QueryState query={shifts}>
        {(items) =>
          items.length === 0 ? (
            <p className="text-sm text-(--muted)">{text.none}</p>
          ) : (
            <ul className="divide-y divide-(--border) text-sm">
              {items.map(({ id, began_at, ended_at, end_reason, online_seconds, driving_seconds, break_seconds }) => (
                <li key={id} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0">
                  <span>
                    {formatDateTime(began_at)}
                    <span className="block text-xs text-(--muted)">
                      {[...(break_seconds ? [text.driving(formatDuration(driving_seconds)), text.breaks(formatDuration(break_seconds))] : []), end_reason ? text.ended(describeCode(end_reason)) : ""]
                        .filter(Boolean)
                        .join(" · ")}
                    </span>
                  </span>
                  {ended_at ? <span className="text-(--muted) tabular-nums">{formatDuration(online_seconds)}</span> : <Badge tone="success">{text.now(formatDuration(online_seconds))}</Badge>}
                </li>
              ))}
            </ul>
          )
        }
      </QueryState>
    </Card>
  );
}

import { useFormats } from "@supportcarr/i18n/useFormats";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Clock } from "lucide-react";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";

/** When the driver was online, and for how long. */
export function ShiftsScreen() {
  const text = useTranslations("shifts");
  const formats = useFormats();
  const today = useQuery(drivingQueries.today());
  const shifts = useInfiniteQuery(drivingQueries.shifts());
  const zone = today.data?.timezone;
  const items = shifts.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Screen title={text("title")} back={{ to: "/earnings" }}>
      <p className="mb-4 text-(--muted)">{text("about")}</p>
      <Loaded query={shifts}>
        {() =>
          items.length === 0 ? (
            <EmptyState icon={<Clock />} title={text("none")} />
          ) : (
            <ul className="divide-y divide-(--border)">
              {items.map(({ id, began_at, ended_at, end_reason, driving_seconds, break_seconds }) => (
                <li key={id} className="py-3">
                  <p className="text-lg font-medium">
                    {formats.date(began_at, zone)} · {formats.time(began_at, zone)} – {ended_at ? formats.time(ended_at, zone) : text("now")}
                  </p>
                  <p className="text-(--muted)">
                    {text("driven", { time: formats.duration(driving_seconds) })}
                    {break_seconds ? ` · ${text("breaks", { time: formats.duration(break_seconds) })}` : ""}
                    {end_reason ? ` · ${text.has(`reasons.${end_reason}` as never) ? text(`reasons.${end_reason}` as never) : text("reasons.other")}` : ""}
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {shifts.hasNextPage ? (
        <Button variant="secondary" block className="mt-4" busy={shifts.isFetchingNextPage} onClick={() => void shifts.fetchNextPage()}>
          {text("older")}
        </Button>
      ) : null}
    </Screen>
  );
}

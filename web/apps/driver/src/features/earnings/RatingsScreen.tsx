import { useFormats } from "@supportcarr/i18n/useFormats";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Stars } from "@supportcarr/ui/Stars";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { Screen } from "../../lib/Screen.tsx";

/** How riders have rated the driver. */
export function RatingsScreen() {
  const text = useTranslations("ratings");
  const formats = useFormats();
  const ratings = useQuery(drivingQueries.ratings());
  return (
    <Screen title={text("title")} back={{ to: "/earnings" }}>
      <Loaded query={ratings}>
        {({ average, count, distribution }) =>
          average === null ? (
            <EmptyState title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <>
              <p className="text-6xl font-semibold tabular-nums">{formats.number(average, 1)}</p>
              <Stars stars={average} label={text("average", { average: formats.number(average, 1) })} />
              <p className="mt-1 text-(--muted)">{text("count", { count })}</p>
              <dl className="mt-6 grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-3">
                {[5, 4, 3, 2, 1].map((stars) => {
                  const given = distribution[String(stars)] ?? 0;
                  return (
                    <div key={stars} className="contents">
                      <dt>{text("stars", { count: stars })}</dt>
                      <dd aria-hidden="true" className="h-3 overflow-hidden rounded-full bg-(--border)">
                        <span className="block h-full bg-(--signal)" style={{ width: `${(100 * given) / Math.max(1, count)}%` }} />
                      </dd>
                      <dd className="text-right tabular-nums">{given}</dd>
                    </div>
                  );
                })}
              </dl>
              <p className="mt-6 text-sm text-(--muted)">{text("about")}</p>
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}

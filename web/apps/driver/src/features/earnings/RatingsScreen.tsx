import { useFormats } from "@supportcarr/i18n/useFormats";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Stars } from "@supportcarr/ui/Stars";
import { useQuery } from "@tanstack/react-query";
import { Star } from "lucide-react";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { RatingDistribution } from "@supportcarr/phone-app/RatingDistribution";
import { Screen } from "@supportcarr/phone-app/Screen";

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
            <EmptyState icon={<Star />} title={text("none")}>{text("noneHelp")}</EmptyState>
          ) : (
            <>
              <p className="text-6xl font-semibold tabular-nums">{formats.number(average, 1)}</p>
              <Stars stars={average} label={text("average", { average: formats.number(average, 1) })} />
              <p className="mt-1 text-(--muted)">{text("count", { count })}</p>
              <div className="mt-6">
                <RatingDistribution count={count} distribution={distribution} nameOf={(stars) => text("stars", { count: stars })} />
              </div>
              <p className="mt-6 text-sm text-(--muted)">{text("about")}</p>
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}

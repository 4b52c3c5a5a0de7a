import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { configQueries } from "@supportcarr/phone-app/api/config";
import { rescueQueries } from "../../lib/api/rescues.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useDocumentTitle } from "@supportcarr/phone-app/useDocumentTitle";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { LiveCard } from "./LiveCard.tsx";
import { WhereAreYou } from "./WhereAreYou.tsx";

const ALONE = "mx-4 mt-[calc(1rem+env(safe-area-inset-top))]"; // in place of the map, which has no margins

/** The map, and what comes first: the rescue that is under way, or where the person is. */
export function HomeScreen() {
  const text = useTranslations("home");
  const common = useTranslations("common");
  const config = useQuery(configQueries.current());
  const live = useQuery(rescueQueries.live());
  const scheduled = useQuery(rescueQueries.scheduled());
  useDocumentTitle(text("title"));
  // The question would change under the rider's thumb to the rescue that is under way; without a connection what is not kept is not waited for.
  const loading = [live, scheduled].some(({ isPending, fetchStatus }) => isPending && fetchStatus !== "paused");
  return (
    <main className="h-full">
      {loading ? (
        <Skeleton label={common("loading")} lines={5} className={ALONE} />
      ) : (
        <Loaded query={config} lines={5} className={ALONE}>
          {({ areas, demo }) => (
            <WhereAreYou areas={areas} demo={demo} covered={live.data ? <LiveCard rescue={live.data} /> : null} bookings={scheduled.data ?? []} />
          )}
        </Loaded>
      )}
    </main>
  );
}

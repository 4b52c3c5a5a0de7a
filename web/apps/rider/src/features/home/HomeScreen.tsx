import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { configQueries } from "@supportcarr/phone-app/api/config";
import { rescueQueries } from "../../lib/api/rescues.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useDocumentTitle } from "@supportcarr/phone-app/useDocumentTitle";
import { LiveCard } from "./LiveCard.tsx";
import { WhereAreYou } from "./WhereAreYou.tsx";

/** The map, and what comes first: the rescue that is under way, or where the person is. */
export function HomeScreen() {
  const text = useTranslations("home");
  const config = useQuery(configQueries.current());
  const live = useQuery(rescueQueries.live());
  const scheduled = useQuery(rescueQueries.scheduled());
  useDocumentTitle(text("title"));
  return (
    <main className="h-full">
      <Loaded query={config} lines={5}>
        {({ areas, demo }) => (
          <WhereAreYou areas={areas} demo={demo} covered={live.data ? <LiveCard rescue={live.data} /> : null} bookings={scheduled.data ?? []} />
        )}
      </Loaded>
    </main>
  );
}

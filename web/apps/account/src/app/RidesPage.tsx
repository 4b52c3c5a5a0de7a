import { OwnRatingsCard } from "../features/ratings/OwnRatingsCard.tsx";
import { HistoryCard } from "../features/rescues/HistoryCard.tsx";
import { texts } from "../lib/texts.ts";
import { Page } from "./Page.tsx";

export function RidesPage() {
  return (
    <Page title={texts.nav.rides}>
      <HistoryCard />
      <OwnRatingsCard />
    </Page>
  );
}

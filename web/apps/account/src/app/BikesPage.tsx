import { BikesCard } from "../features/bikes/BikesCard.tsx";
import { PlacesCard } from "../features/places/PlacesCard.tsx";
import { texts } from "../lib/texts.ts";
import { Page } from "./Page.tsx";

export function BikesPage() {
  return (
    <Page title={texts.nav.bikes}>
      <BikesCard />
      <PlacesCard />
    </Page>
  );
}

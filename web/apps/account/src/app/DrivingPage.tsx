import { useQuery } from "@tanstack/react-query";

import { ApplicationCard } from "../features/driver-application/ApplicationCard.tsx";
import { BecomeDriverCard } from "../features/driver-application/BecomeDriverCard.tsx";
import { VehiclesCard } from "../features/vehicles/VehiclesCard.tsx";
import { accountQueries } from "../lib/api/account.ts";
import { texts } from "../lib/texts.ts";
import { Page } from "./Page.tsx";

export function DrivingPage() {
  const me = useQuery(accountQueries.me());
  const drives = me.data?.roles.includes("driver") ?? false;
  return (
    <Page title={texts.nav.driving}>
      {drives ? (
        <>
          <ApplicationCard />
          <VehiclesCard />
        </>
      ) : (
        <BecomeDriverCard onDone={() => me.refetch()} />
      )}
    </Page>
  );
}

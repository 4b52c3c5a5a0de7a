import { QueryState } from "@supportcarr/ui/QueryState";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { DriverDocuments } from "../features/drivers/DriverDocuments.tsx";
import { DriverPapers } from "../features/drivers/DriverPapers.tsx";
import { DriverProfile } from "../features/drivers/DriverProfile.tsx";
import { DriverRatings } from "../features/drivers/DriverRatings.tsx";
import { DriverShifts } from "../features/drivers/DriverShifts.tsx";
import { DriverVehicles } from "../features/drivers/DriverVehicles.tsx";
import { driverQueries } from "../lib/api/drivers.ts";
import { formatDate } from "../lib/format.ts";
import { texts } from "../lib/texts.ts";
import { BackLink } from "./BackLink.tsx";
import { OfficePage } from "./OfficePage.tsx";

const text = texts.drivers;

export function DriverRoute() {
  const { driverId } = useParams({ from: "/office/drivers/$driverId" });
  const found = useQuery(driverQueries.detail(driverId));
  const content = (
    <QueryState query={found} loading={<Skeleton label={texts.loading} lines={4} />} failed={(status) => (status === 404 ? text.notFound : undefined)}>
      {(versioned) => {
        const { driver } = versioned;
        return (
        <OfficePage title={driver.name ?? text.unnamed} about={text.since(formatDate(driver.created_at))}>
          <div className="grid items-start gap-4 lg:grid-cols-2">
            <div className="min-w-0 space-y-4">
              <DriverProfile versioned={versioned} />
              <DriverPapers driver={driver} />
              <DriverDocuments driver={driver} />
            </div>
            <div className="min-w-0 space-y-4">
              <DriverVehicles driverId={driver.id} />
              <DriverRatings driverId={driver.id} />
              <DriverShifts driverId={driver.id} />
            </div>
          </div>
        </OfficePage>
        );
      }}
    </QueryState>
  );
  return (
    <>
      <BackLink to="/drivers">{text.back}</BackLink>
      {found.data ? content : <OfficePage title={text.driver}>{content}</OfficePage>}
    </>
  );
}

import { Card } from "@supportcarr/ui/Card";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery } from "@tanstack/react-query";

import { driverQueries } from "../../lib/api/drivers.ts";
import { texts } from "../../lib/texts.ts";
import { VehicleLine } from "./VehicleLine.tsx";

const text = texts.drivers;

/** The vehicles of a driver, with their photos. */
export function DriverVehicles({ driverId }: { driverId: string }) {
  const vehicles = useQuery(driverQueries.vehicles(driverId));
  return (
    <Card title={text.vehicles}>
      <QueryState query={vehicles}>
        {(items) =>
          items.length === 0 ? (
            <p className="text-sm text-(--muted)">{text.noVehicles}</p>
          ) : (
            <ul className="divide-y divide-(--border) text-sm">
              {items.map((vehicle) => (
                <li key={vehicle.id} className="py-3 first:pt-0 last:pb-0">
                  <VehicleLine vehicle={vehicle} />
                  {vehicle.photos.some(({ url }) => url) ? (
                    <span className="mt-2 flex flex-wrap gap-2">
                      {vehicle.photos.map(({ id, url, thumbnail_url }, index) =>
                        url ? (
                          <a key={id} href={url} target="_blank" rel="noreferrer" aria-label={text.openPhoto(vehicle.plate, index + 1)} className="block size-14 overflow-hidden rounded-lg border border-(--border)">
                            <img src={thumbnail_url ?? url} alt="" className="size-full object-cover" />
                          </a>
                        ) : null,
                      )}
                    </span>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </QueryState>
    </Card>
  );
}

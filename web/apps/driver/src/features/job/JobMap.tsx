import { type LngLat, MapView, type Marker } from "@supportcarr/map/MapView";
import { useTranslations } from "use-intl";

import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { useLocation } from "../../lib/useGeolocation.ts";

/** The next stop, and the truck. */
export function JobMap({ rescue: { pickup, dropoff, rider }, status }: { rescue: Rescue; status: RescueStatus }) {
  const text = useTranslations("job");
  const fix = useLocation((state) => state.fix);
  const loaded = status === "in_transit";
  const stop = loaded ? dropoff : pickup;
  const at: LngLat = [stop.lng, stop.lat];
  const here: LngLat | null = fix ? [fix.lng, fix.lat] : null;
  const markers: Marker[] = [{ id: "stop", kind: loaded ? "dropoff" : "rider", at, label: loaded ? text("dropoff") : rider.name }];
  if (here) markers.push({ id: "me", kind: "truck", at: here, heading: fix?.heading ?? null, label: text("you") });
  return (
    <div className="h-52 overflow-hidden rounded-2xl border border-(--border)">
      <MapView label={text("map")} markers={markers} line={here ? [here, at] : null} fit={here ? [here, at] : [at]} />
    </div>
  );
}

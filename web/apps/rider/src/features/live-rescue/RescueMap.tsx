import { type LngLat, MapView, type Marker } from "@supportcarr/map/MapView";
import { useMemo } from "react";
import { useTranslations } from "use-intl";

import type { Rescue } from "../../lib/api/types.ts";
import type { DriverPosition } from "../../lib/liveStore.ts";
import { hasEnded, type Phase } from "../../lib/rescuePhase.ts";

const ZOOM = 15;
const SHEET_SHARE = 0.52; // of the height, which the sheet covers at first
const DIGITS = 3; // about 100 m: the view moves with the truck, but not at each position

interface RescueMapProps {
  rescue: Rescue;
  phase: Phase;
  position: DriverPosition | null;
}

/** Where the rider waits, where they are taken, and the truck on its way. */
export function RescueMap({ rescue: { pickup, dropoff, driver }, phase, position }: RescueMapProps) {
  const text = useTranslations("live.map");
  const markers: Marker[] = [
    { id: "pickup", kind: "rider", at: [pickup.lng, pickup.lat], label: text("pickup") },
    { id: "dropoff", kind: "dropoff", at: [dropoff.lng, dropoff.lat], label: text("dropoff") },
    ...(position && !hasEnded(phase)
      ? [{ id: `truck-${position.driver_id}`, kind: "truck" as const, at: [position.lng, position.lat] as LngLat, heading: position.heading ?? null, label: text("truck", { driver: driver?.name ?? "" }) }]
      : []),
  ];
  const truckLat = position ? Number(position.lat.toFixed(DIGITS)) : null;
  const truckLng = position ? Number(position.lng.toFixed(DIGITS)) : null;
  // What the rider wants to see: the truck and where it is going next.
  const target = phase === "inTransit" || hasEnded(phase) ? dropoff : pickup;
  const fit = useMemo<LngLat[] | null>(() => {
    const next: LngLat = [target.lng, target.lat];
    if (truckLat !== null && truckLng !== null) return [next, [truckLng, truckLat]];
    return target === dropoff ? [[pickup.lng, pickup.lat], next] : null;
  }, [target, dropoff, pickup, truckLat, truckLng]);
  return <MapView label={text("label")} center={[target.lng, target.lat]} zoom={ZOOM} markers={markers} fit={fit} padding={{ bottom: Math.round(window.innerHeight * SHEET_SHARE) }} />;
}

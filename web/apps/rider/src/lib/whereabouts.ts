import { isInside } from "@supportcarr/client/areas";
import type { PublicArea, PublicConfig } from "@supportcarr/client/config";

import type { Geolocation } from "./useGeolocation.ts";

/** Where the person stands, as far as the device knows; `pretended`: the demo says so, because the device knows no place in the area. */
export interface Whereabouts {
  at: { lat: number; lng: number } | null;
  pretended: boolean;
}

export function whereabouts(location: Geolocation, areas: readonly PublicArea[], demo: PublicConfig["demo"]): Whereabouts {
  const found = location.state === "found" ? location.fix : null;
  const useful = found !== null && areas.some(({ boundary }) => isInside(found, boundary));
  return demo && !useful ? { at: demo, pretended: true } : { at: found, pretended: false };
}

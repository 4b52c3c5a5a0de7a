import type { PublicConfig } from "@supportcarr/client/config";
import type { StyleSpecification } from "maplibre-gl";

import { offlineStyle } from "./offlineStyle.ts";
import type { LngLat } from "./types.ts";

export type MapConfig = PublicConfig["map"];

/** Which library draws the map, and in which style. */
export interface MapStyleChoice {
  library: "maplibre" | "mapbox";
  style: string | StyleSpecification;
  /** Whether another company provides the style, which must then be credited on the map. */
  external: boolean;
}

/**
 * The library is Mapbox GL if there is a token, otherwise MapLibre GL.  The style is the configured one;
 * without one it is a standard style of Mapbox if there is a token, otherwise the offline style, which
 * needs no internet.  A `mapbox://` style cannot be loaded without a token and is ignored then.
 */
export function chooseMapStyle(config: MapConfig, boundary: readonly LngLat[] | null, dark: boolean, demand = false): MapStyleChoice {
  const hasToken = Boolean(config.mapbox_token);
  const url = config.style_url && (hasToken || !config.style_url.startsWith("mapbox://")) ? config.style_url : null;
  const library = hasToken ? "mapbox" : "maplibre";
  if (url) return { library, style: url, external: true };
  if (hasToken) return { library, style: `mapbox://styles/mapbox/${dark ? "dark" : "light"}-v11`, external: true };
  return { library, style: offlineStyle({ boundary, dark, streets: config.streets ?? null, demand }), external: false };
}

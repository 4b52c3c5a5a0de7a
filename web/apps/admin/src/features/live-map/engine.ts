import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import type * as MapLibre from "maplibre-gl";
import maplibreCss from "maplibre-gl/dist/maplibre-gl.css?url";

/** What we use of a map library; MapLibre GL and Mapbox GL agree on it. */
export type Engine = Pick<typeof MapLibre, "Map" | "NavigationControl" | "ScaleControl">;

const MAPBOX = "https://api.mapbox.com/mapbox-gl-js/v3.9.4/mapbox-gl";

function stylesheet(href: string): void {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
}

/**
 * MapLibre, or Mapbox GL where the operator has a token.  Mapbox GL is proprietary: it is loaded from
 * its maker, who gave the token, and never shipped with us.
 */
export async function loadEngine(config: PublicConfig): Promise<Engine> {
  if (!config.map.mapbox_token) {
    stylesheet(maplibreCss);
    return import("maplibre-gl");
  }
  stylesheet(`${MAPBOX}.css`);
  await new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${MAPBOX}.js`;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("Mapbox GL could not be loaded"));
    document.head.append(script);
  });
  const mapbox = (window as unknown as { mapboxgl: Engine & { accessToken: string } }).mapboxgl;
  mapbox.accessToken = config.map.mapbox_token;
  return mapbox;
}

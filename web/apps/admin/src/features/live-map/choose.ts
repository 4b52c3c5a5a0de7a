import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import type { StyleSpecification } from "maplibre-gl";

import type { Area } from "../../lib/area.ts";
import { plainStyle } from "./style.ts";

export type MapConfig = PublicConfig["map"];

/** Which library draws, and what. */
export interface Choice {
  engine: "maplibre" | "mapbox";
  style: string | StyleSpecification;
  /** Whether it is a style of somebody else, who is then named on the map. */
  foreign: boolean;
}

/**
 * Mapbox GL where there is a token, else MapLibre GL.  The style that is set up; without one Mapbox's
 * own if there is a token, else ours, which needs no internet.  A `mapbox://` style without a token is
 * nothing that could be loaded.
 */
export function choose(config: MapConfig, area: Area, dark: boolean): Choice {
  const token = Boolean(config.mapbox_token);
  const url = config.style_url && (token || !config.style_url.startsWith("mapbox://")) ? config.style_url : null;
  const engine = token ? "mapbox" : "maplibre";
  if (url) return { engine, style: url, foreign: true };
  if (token) return { engine, style: `mapbox://styles/mapbox/${dark ? "dark" : "light"}-v11`, foreign: true };
  return { engine, style: plainStyle(area, dark), foreign: false };
}

import type { Feature, FeatureCollection } from "geojson";
import type * as MapLibre from "maplibre-gl";

import { PALETTES } from "./palette.ts";
import type { LngLat, Zone } from "./types.ts";

export type OverlaySource = "sc-boundary" | "sc-zones" | "sc-line";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Adds the layers of the area, zones and way to a style that has just been loaded. */
export function addOverlay(map: MapLibre.Map, { dark, external }: { dark: boolean; external: boolean }): void {
  const palette = PALETTES[dark ? "dark" : "light"];
  for (const source of ["sc-boundary", "sc-zones", "sc-line"] satisfies OverlaySource[]) map.addSource(source, { type: "geojson", data: EMPTY });
  map.addLayer({
    id: "sc-zones",
    type: "fill",
    source: "sc-zones",
    paint: { "fill-color": palette.zone, "fill-opacity": ["interpolate", ["linear"], ["get", "level"], 0, 0.04, 1, 0.34] },
  });
  map.addLayer({
    id: "sc-zone-edges",
    type: "line",
    source: "sc-zones",
    paint: { "line-color": palette.zone, "line-opacity": 0.35, "line-width": 1 },
  });
  // The offline style has the boundary itself.
  if (external) map.addLayer({ id: "sc-boundary", type: "line", source: "sc-boundary", paint: { "line-color": palette.boundary, "line-width": 1.5, "line-dasharray": [3, 2] } });
  const joined = { "line-cap": "round", "line-join": "round" } as const;
  map.addLayer({ id: "sc-line-edge", type: "line", source: "sc-line", layout: joined, paint: { "line-color": palette.lineEdge, "line-width": 8, "line-opacity": 0.9 } });
  map.addLayer({ id: "sc-line", type: "line", source: "sc-line", layout: joined, paint: { "line-color": palette.line, "line-width": 4.5 } });
}

export function setOverlay(map: MapLibre.Map, source: OverlaySource, features: Feature[]): void {
  map.getSource<MapLibre.GeoJSONSource>(source)?.setData({ type: "FeatureCollection", features });
}

export const lineFeatures = (line: readonly LngLat[] | null | undefined): Feature[] =>
  line && line.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line.map((point) => [...point]) } }] : [];

export const zoneFeatures = (zones: readonly Zone[] | undefined): Feature[] =>
  (zones ?? []).map(({ id, ring, level }) => ({ type: "Feature", properties: { id, level }, geometry: { type: "Polygon", coordinates: [ring.map((point) => [...point])] } }));

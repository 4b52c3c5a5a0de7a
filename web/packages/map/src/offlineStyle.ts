import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";

import demandZones from "./demandZones.json";
import districts from "./districts.json";
import landmarks from "./landmarks.json";
import { PALETTES } from "./palette.ts";
import { FONTS, streetLayers, type Streets, streetsSource } from "./streets.ts";
import type { LngLat } from "./types.ts";
import { boundsOf } from "./view.ts";

const DETAIL_ZOOM = 12;
const GRID_LNG = 0.0064; // degrees: about 500 m at the latitude of Montréal
const GRID_LAT = 0.0045;
const FINE = 4; // lines between two of the grid, when it is seen from near
const MARGIN = 0.05;

export interface OfflineStyleOptions {
  /** The service area, a closed ring. */
  boundary: readonly LngLat[] | null;
  dark: boolean;
  /** Streets of a region that was imported; without them the districts of the demo's city are named. */
  streets?: Streets | null;
  /** Where demand usually is in the demo's city. */
  demand?: boolean;
}

const points = (rows: (string | number)[][], properties: (row: (string | number)[]) => Record<string, string | number>, at: number): SourceSpecification => ({
  type: "geojson",
  data: {
    type: "FeatureCollection",
    features: rows.map((row) => ({
      type: "Feature" as const,
      properties: properties(row),
      geometry: { type: "Point" as const, coordinates: [Number(row[at + 1]), Number(row[at])] },
    })),
  },
});

/** Lines about half a kilometre apart, or `parts` times closer, so that a map without streets shows movement and scale too. */
function grid(boundary: readonly LngLat[], parts = 1): SourceSpecification {
  const stepLng = GRID_LNG / parts;
  const stepLat = GRID_LAT / parts;
  const [west, south, east, north] = boundsOf(boundary) ?? [0, 0, 0, 0];
  const lines: [number, number][][] = [];
  for (let lng = Math.floor(west / GRID_LNG) * GRID_LNG; lng <= east + GRID_LNG; lng += stepLng) lines.push([[lng, south - MARGIN], [lng, north + MARGIN]]);
  for (let lat = Math.floor(south / GRID_LAT) * GRID_LAT; lat <= north + GRID_LAT; lat += stepLat) lines.push([[west - MARGIN, lat], [east + MARGIN, lat]]);
  return { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } } };
}

const landmarkSource = (outlines: number[][][], type: "Polygon" | "LineString"): SourceSpecification => ({
  type: "geojson",
  data: {
    type: "FeatureCollection",
    features: outlines.map((points) => {
      const line = points.map(([lat = 0, lng = 0]) => [lng, lat]);
      return { type: "Feature" as const, properties: {}, geometry: type === "Polygon" ? { type, coordinates: [[...line, ...line.slice(0, 1)]] } : { type, coordinates: line } };
    }),
  },
});

/** A map style that needs no internet: the service area, and the streets of an imported region or names of districts. */
export function offlineStyle({ boundary, dark, streets = null, demand = false }: OfflineStyleOptions): StyleSpecification {
  const palette = PALETTES[dark ? "dark" : "light"];
  const usage: ExpressionSpecification = ["get", "usage"];
  const sources: Record<string, SourceSpecification> = {};
  const layers: LayerSpecification[] = [{ id: "outside", type: "background", paint: { "background-color": streets ? palette.inside : palette.outside } }];
  if (boundary) {
    sources.area = { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [boundary.map((point) => [...point])] } } };
    if (!streets) {
      sources.grid = grid(boundary);
      sources.fine = grid(boundary, FINE);
      sources.parks = landmarkSource(landmarks.parks, "Polygon");
      sources.canals = landmarkSource(landmarks.canals, "LineString");
      layers.push(
        { id: "area", type: "fill", source: "area", paint: { "fill-color": palette.inside } },
        { id: "parks", type: "fill", source: "parks", paint: { "fill-color": palette.park } },
        { id: "canals", type: "line", source: "canals", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": palette.water, "line-width": ["interpolate", ["exponential", 2], ["zoom"], 10, 1.5, 16, 34] } },
        { id: "fine", type: "line", source: "fine", minzoom: 13.5, paint: { "line-color": palette.grid, "line-width": 0.8 } },
        { id: "grid", type: "line", source: "grid", minzoom: 11, paint: { "line-color": palette.grid, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 16, 2.4] } },
      );
    }
  }
  if (streets) {
    sources.streets = streetsSource(streets);
    layers.push(...streetLayers(dark));
  }
  if (boundary) layers.push({ id: "boundary", type: "line", source: "area", paint: { "line-color": palette.boundary, "line-width": 1.5, "line-dasharray": [3, 2] } });
  if (demand) {
    sources.demand = points(demandZones.zones, ([, , weight]) => ({ usage: weight ?? 0 }), 0);
    layers.push({
      id: "demand",
      type: "circle",
      source: "demand",
      paint: {
        "circle-color": palette.demand,
        "circle-opacity": ["interpolate", ["linear"], usage, 0, 0.05, 1, 0.18],
        "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 10, ["+", 3, ["*", 9, usage]], 15, ["+", 60, ["*", 200, usage]]],
      },
    });
  }
  if (!streets) {
    sources.districts = points(districts.districts, ([name, , , rank]) => ({ name: name ?? "", rank: rank ?? 2 }), 1);
    for (const rank of [1, 2]) {
      layers.push({
        id: `districts-${rank}`,
        type: "symbol",
        source: "districts",
        filter: ["==", ["get", "rank"], rank],
        minzoom: rank === 1 ? 0 : DETAIL_ZOOM,
        layout: {
          "text-field": ["get", "name"],
          "text-font": FONTS,
          "text-size": 12,
          "text-max-width": 7,
          "text-letter-spacing": 0.02,
        },
        paint: { "text-color": palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.5 },
      });
    }
  }
  return { version: 8, sources, layers };
}

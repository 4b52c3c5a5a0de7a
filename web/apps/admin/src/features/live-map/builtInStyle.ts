import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";

import type { Area } from "../../lib/area.ts";
import demandZones from "./demandZones.json";
import districts from "./districts.json";

const PALETTES = {
  light: { outside: "#dfe7ea", inside: "#f7f9fa", boundary: "#9fb3bd", demand: "#0f766e", label: "#5b6f7b", halo: "#f7f9fa" },
  dark: { outside: "#0b1216", inside: "#16222a", boundary: "#3a505c", demand: "#2dd4bf", label: "#8ea3af", halo: "#16222a" },
};
// Without a URL for glyphs MapLibre renders text with local fonts, so that no internet is needed.
const FONTS = ["system-ui", "sans-serif"];
const DETAIL_ZOOM = 12;

const points = (rows: (string | number)[][], properties: (row: (string | number)[]) => Record<string, string | number>, at: number) => ({
  type: "geojson" as const,
  data: {
    type: "FeatureCollection" as const,
    features: rows.map((row) => ({
      type: "Feature" as const,
      properties: properties(row),
      geometry: { type: "Point" as const, coordinates: [Number(row[at + 1]), Number(row[at])] },
    })),
  },
});

/** A map style that needs no internet: the service area, its usual demand and the names of its districts. */
export function builtInStyle(area: Area, dark: boolean): StyleSpecification {
  const palette = dark ? PALETTES.dark : PALETTES.light;
  const usage: ExpressionSpecification = ["get", "usage"];
  return {
    version: 8,
    sources: {
      area: { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [area.boundary] } } },
      demand: points(demandZones.zones, ([, , weight]) => ({ usage: weight ?? 0 }), 0),
      districts: points(districts.districts, ([name, , , rank]) => ({ name: name ?? "", rank: rank ?? 2 }), 1),
    },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": palette.outside } },
      { id: "area", type: "fill", source: "area", paint: { "fill-color": palette.inside } },
      { id: "boundary", type: "line", source: "area", paint: { "line-color": palette.boundary, "line-width": 1.5, "line-dasharray": [3, 2] } },
      {
        id: "demand",
        type: "circle",
        source: "demand",
        paint: {
          "circle-color": palette.demand,
          "circle-opacity": ["interpolate", ["linear"], usage, 0, 0.05, 1, 0.18],
          "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 10, ["+", 3, ["*", 9, usage]], 15, ["+", 60, ["*", 200, usage]]],
        },
      },
      ...[1, 2].map((rank) => ({
        id: `districts-${rank}`,
        type: "symbol" as const,
        source: "districts",
        filter: ["==", ["get", "rank"], rank] as ExpressionSpecification,
        minzoom: rank === 1 ? 0 : DETAIL_ZOOM,
        layout: {
          "text-field": ["get", "name"] as ExpressionSpecification,
          "text-font": FONTS,
          "text-size": 12,
          "text-max-width": 7,
          "text-letter-spacing": 0.02,
        },
        paint: { "text-color": palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.5 },
      })),
    ],
  };
}

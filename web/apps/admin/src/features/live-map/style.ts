import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";

import type { Area } from "../../lib/area.ts";
import places from "./places.json";
import zones from "./zones.json";

const PAPER = {
  light: { ground: "#dfe7ea", city: "#f7f9fa", edge: "#9fb3bd", zone: "#0f766e", name: "#5b6f7b", halo: "#f7f9fa" },
  dark: { ground: "#0b1216", city: "#16222a", edge: "#3a505c", zone: "#2dd4bf", name: "#8ea3af", halo: "#16222a" },
};
// Without an address for glyphs MapLibre draws letters with the fonts of the machine: no internet.
const FONTS = ["system-ui", "sans-serif"];
const CLOSE_ZOOM = 12;

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

/** A style of our own that needs no internet: the service area, where its people are, and names. */
export function plainStyle(area: Area, dark: boolean): StyleSpecification {
  const paper = dark ? PAPER.dark : PAPER.light;
  const use: ExpressionSpecification = ["get", "use"];
  return {
    version: 8,
    sources: {
      area: { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [area.boundary] } } },
      zones: points(zones.zones, ([, , weight]) => ({ use: weight ?? 0 }), 0),
      places: points(places.places, ([name, , , rank]) => ({ name: name ?? "", rank: rank ?? 2 }), 1),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": paper.ground } },
      { id: "area", type: "fill", source: "area", paint: { "fill-color": paper.city } },
      { id: "edge", type: "line", source: "area", paint: { "line-color": paper.edge, "line-width": 1.5, "line-dasharray": [3, 2] } },
      {
        id: "zones",
        type: "circle",
        source: "zones",
        paint: {
          "circle-color": paper.zone,
          "circle-opacity": ["interpolate", ["linear"], use, 0, 0.05, 1, 0.18],
          "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 10, ["+", 3, ["*", 9, use]], 15, ["+", 60, ["*", 200, use]]],
        },
      },
      ...[1, 2].map((rank) => ({
        id: `places-${rank}`,
        type: "symbol" as const,
        source: "places",
        filter: ["==", ["get", "rank"], rank] as ExpressionSpecification,
        minzoom: rank === 1 ? 0 : CLOSE_ZOOM,
        layout: {
          "text-field": ["get", "name"] as ExpressionSpecification,
          "text-font": FONTS,
          "text-size": 12,
          "text-max-width": 7,
          "text-letter-spacing": 0.02,
        },
        paint: { "text-color": paper.name, "text-halo-color": paper.halo, "text-halo-width": 1.5 },
      })),
    ],
  };
}

import type { StyleSpecification } from "maplibre-gl";

import area from "./area.json";
import zones from "./zones.json";

const PAPER = { light: { ground: "#dfe7ea", city: "#f7f9fa", edge: "#9fb3bd", zone: "#0f766e" }, dark: { ground: "#0b1216", city: "#16222a", edge: "#3a505c", zone: "#2dd4bf" } };

/** A style of our own that needs no internet: the service area, and where its people are. */
export function plainStyle(dark: boolean): StyleSpecification {
  const paper = dark ? PAPER.dark : PAPER.light;
  return {
    version: 8,
    sources: {
      area: { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: area.polygon } } },
      zones: {
        type: "geojson",
        data: {
          type: "FeatureCollection",
          features: zones.zones.map(([lat, lng, use]) => ({
            type: "Feature",
            properties: { use: use ?? 0 },
            geometry: { type: "Point", coordinates: [lng ?? 0, lat ?? 0] },
          })),
        },
      },
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
          "circle-opacity": ["interpolate", ["linear"], ["get", "use"], 0, 0.05, 1, 0.22],
          "circle-radius": ["interpolate", ["exponential", 2], ["zoom"], 10, ["+", 3, ["*", 9, ["get", "use"]]], 15, ["+", 60, ["*", 200, ["get", "use"]]]],
        },
      },
    ],
  };
}

/** West, south, east, north of the service area. */
export function bounds(): [number, number, number, number] {
  const ring = area.polygon[0] ?? [];
  const lngs = ring.map(([lng]) => lng ?? 0);
  const lats = ring.map(([, lat]) => lat ?? 0);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

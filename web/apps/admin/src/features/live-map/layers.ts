import type { FeatureCollection } from "geojson";
import type * as MapLibre from "maplibre-gl";

import { COLOURS, icons, PIXEL_RATIO } from "./icons.ts";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const LIGHT_INK = { move: "#7dd3fc", chosen: "#5eead4" }; // on dark paper
const CHOSEN: MapLibre.ExpressionSpecification = ["get", "chosen"];
const kind = (name: string): MapLibre.ExpressionSpecification => ["==", ["get", "kind"], name];

const SOURCES = ["ties", "rescues", "trucks"] as const;
type Source = (typeof SOURCES)[number];

/** Adds what lives on the map to a style that was just loaded. */
export function addLayers(map: MapLibre.Map, dark: boolean): void {
  const ink = dark ? LIGHT_INK : COLOURS;
  for (const [name, image] of icons()) {
    if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: PIXEL_RATIO });
  }
  for (const source of SOURCES) map.addSource(source, { type: "geojson", data: EMPTY });
  for (const [name, dashes] of [
    ["coming", [2, 2]],
    ["loaded", [1, 0]],
    ["later", [0.5, 2]],
  ] as const) {
    map.addLayer({
      id: `ties-${name}`,
      type: "line",
      source: "ties",
      filter: kind(name),
      paint: {
        "line-color": ink.move,
        "line-width": ["case", CHOSEN, 2.5, 1.25],
        "line-opacity": ["case", CHOSEN, 0.95, 0.4],
        "line-dasharray": [...dashes],
      },
    });
  }
  for (const [source, radius, lift] of [
    ["rescues", 20, -15],
    ["trucks", 17, 0],
  ] as const) {
    map.addLayer({
      id: `${source}-chosen`,
      type: "circle",
      source,
      filter: CHOSEN,
      paint: {
        "circle-radius": radius,
        "circle-translate": [0, lift],
        "circle-color": ink.chosen,
        "circle-opacity": 0.18,
        "circle-stroke-color": ink.chosen,
        "circle-stroke-width": 2,
      },
    });
  }
  const always = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
  map.addLayer({
    id: "trucks",
    type: "symbol",
    source: "trucks",
    layout: { ...always, "icon-image": ["get", "icon"], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map" },
  });
  map.addLayer({
    id: "rescues",
    type: "symbol",
    source: "rescues",
    layout: { ...always, "icon-image": ["get", "icon"], "icon-anchor": "bottom" },
  });
}

export function setData(map: MapLibre.Map, source: Source, data: FeatureCollection): void {
  map.getSource<MapLibre.GeoJSONSource>(source)?.setData(data);
}

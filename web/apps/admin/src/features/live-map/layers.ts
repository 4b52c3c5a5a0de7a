import type { FeatureCollection } from "geojson";
import type * as MapLibre from "maplibre-gl";

import { COLOURS, drawIcons, PIXEL_RATIO } from "./icons.ts";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const DARK_COLOURS = { active: "#7dd3fc", selected: "#5eead4" };
const SELECTED: MapLibre.ExpressionSpecification = ["get", "selected"];
const isKind = (name: string): MapLibre.ExpressionSpecification => ["==", ["get", "kind"], name];

const SOURCES = ["legs", "rescues", "trucks"] as const;
type Source = (typeof SOURCES)[number];

/** Adds the icons, sources and layers of trucks and rescues to a style that has just been loaded. */
export function addLayers(map: MapLibre.Map, dark: boolean): void {
  const colours = dark ? DARK_COLOURS : COLOURS;
  for (const [name, image] of drawIcons()) {
    if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: PIXEL_RATIO });
  }
  for (const source of SOURCES) map.addSource(source, { type: "geojson", data: EMPTY });
  for (const [name, dashes] of [
    ["approach", [2, 2]],
    ["transport", [1, 0]],
    ["planned", [0.5, 2]],
  ] as const) {
    map.addLayer({
      id: `legs-${name}`,
      type: "line",
      source: "legs",
      filter: isKind(name),
      paint: {
        "line-color": colours.active,
        "line-width": ["case", SELECTED, 2.5, 1.25],
        "line-opacity": ["case", SELECTED, 0.95, 0.4],
        "line-dasharray": [...dashes],
      },
    });
  }
  for (const [source, radius, offsetY] of [
    ["rescues", 20, -15],
    ["trucks", 17, 0],
  ] as const) {
    map.addLayer({
      id: `${source}-selected`,
      type: "circle",
      source,
      filter: SELECTED,
      paint: {
        "circle-radius": radius,
        "circle-translate": [0, offsetY],
        "circle-color": colours.selected,
        "circle-opacity": 0.18,
        "circle-stroke-color": colours.selected,
        "circle-stroke-width": 2,
      },
    });
  }
  const alwaysVisible = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
  map.addLayer({
    id: "trucks",
    type: "symbol",
    source: "trucks",
    layout: { ...alwaysVisible, "icon-image": ["get", "icon"], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map" },
  });
  map.addLayer({
    id: "rescues",
    type: "symbol",
    source: "rescues",
    layout: { ...alwaysVisible, "icon-image": ["get", "icon"], "icon-anchor": "bottom" },
  });
}

export function setData(map: MapLibre.Map, source: Source, data: FeatureCollection): void {
  map.getSource<MapLibre.GeoJSONSource>(source)?.setData(data);
}

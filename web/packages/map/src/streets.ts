import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";

import { PALETTES } from "./palette.ts";

/** The tiles of a region that an operator imported; `url` is the address of a PMTiles file of this server. */
export interface Streets {
  url: string;
  attribution: string;
}

// Without a URL for glyphs MapLibre renders text with local fonts, so that no internet is needed.
export const FONTS = ["system-ui", "sans-serif"];
const SOURCE = "streets";

export const streetsSource = ({ url, attribution }: Streets): SourceSpecification => ({
  type: "vector",
  url: `pmtiles://${new URL(url, location.href).href}`,
  attribution,
});

/** A width in pixels at zoom 10, 14 and 18. */
const width = (at10: number, at14: number, at18: number): ExpressionSpecification => ["interpolate", ["exponential", 1.6], ["zoom"], 10, at10, 14, at14, 18, at18];

const kinds = (...names: string[]): FilterSpecification => ["in", ["get", "kind"], ["literal", names]];

const ROADS = [
  { id: "street", filter: kinds("street"), minzoom: 12, colour: "street", edge: "streetEdge", widths: [0.4, 3, 18] },
  { id: "minor", filter: kinds("tertiary", "secondary"), minzoom: 9, colour: "main", edge: "mainEdge", widths: [0.8, 4.5, 24] },
  { id: "main", filter: kinds("primary", "trunk"), minzoom: 6, colour: "main", edge: "mainEdge", widths: [1.4, 6, 28] },
  { id: "motorway", filter: kinds("motorway"), minzoom: 5, colour: "motorway", edge: "motorwayEdge", widths: [1.8, 7, 30] },
] as const;

/** The layers of streets, water, parks, buildings and their names (the tiles are made by `supportcarr map import`). */
export function streetLayers(dark: boolean): LayerSpecification[] {
  const palette = PALETTES[dark ? "dark" : "light"];
  const area = (id: string, filter: FilterSpecification, colour: string, minzoom = 0): LayerSpecification => ({
    id,
    type: "fill",
    source: SOURCE,
    "source-layer": "areas",
    filter,
    minzoom,
    paint: { "fill-color": colour },
  });
  const line = (id: string, layer: string, filter: FilterSpecification, colour: string, widths: readonly [number, number, number], extra: { minzoom?: number; dashes?: number[]; casing?: number } = {}): LayerSpecification => ({
    id,
    type: "line",
    source: SOURCE,
    "source-layer": layer,
    filter,
    minzoom: extra.minzoom ?? 0,
    layout: { "line-cap": extra.dashes ? "butt" : "round", "line-join": "round" },
    paint: {
      "line-color": colour,
      "line-width": width(...(widths.map((at) => at + (extra.casing ?? 0)) as [number, number, number])),
      ...(extra.dashes ? { "line-dasharray": extra.dashes } : {}),
    },
  });
  const name = (id: string, layer: string, options: { filter?: FilterSpecification; minzoom?: number; size: number; along?: boolean; colour?: string; field?: string }): LayerSpecification => ({
    id,
    type: "symbol",
    source: SOURCE,
    "source-layer": layer,
    ...(options.filter ? { filter: options.filter } : {}),
    minzoom: options.minzoom ?? 0,
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONTS,
      "text-size": options.size,
      "text-max-width": 8,
      "symbol-placement": options.along ? "line" : "point",
      "symbol-sort-key": ["coalesce", ["get", "rank"], 9],
    },
    paint: { "text-color": options.colour ?? palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.5 },
  });
  return [
    area("built", kinds("built"), palette.built),
    area("green", kinds("green"), palette.green),
    area("water", kinds("water"), palette.water),
    line("waterways", "waterways", ["has", "kind"], palette.water, [0.6, 2, 8]),
    area("buildings", kinds("building"), palette.building, 14),
    line("paths", "roads", kinds("path"), palette.path, [0.4, 1, 4], { minzoom: 14, dashes: [2, 1.5] }),
    line("rails", "roads", kinds("rail"), palette.rail, [0.6, 1.2, 4], { minzoom: 10 }),
    ...ROADS.map(({ id, filter, minzoom, edge, widths }) => line(`${id}-edge`, "roads", filter, palette[edge], widths, { minzoom, casing: 1.5 })),
    ...ROADS.map(({ id, filter, minzoom, colour, widths }) => line(id, "roads", filter, palette[colour], widths, { minzoom })),
    name("waterway-names", "waterways", { size: 11, minzoom: 12, along: true, colour: palette.waterLabel }),
    name("street-names", "roads", { filter: ["!", kinds("path", "rail")] as unknown as FilterSpecification, size: 12, minzoom: 13, along: true }),
    name("point-names", "places", { filter: kinds("point"), size: 11, minzoom: 15 }),
    name("suburb-names", "places", { filter: kinds("suburb", "hamlet"), size: 12, minzoom: 12 }),
    name("village-names", "places", { filter: kinds("village"), size: 13, minzoom: 9 }),
    name("town-names", "places", { filter: kinds("city", "town"), size: 15, minzoom: 4 }),
  ];
}

import { describe, expect, it } from "vitest";

import { chooseMapStyle } from "./mapStyle.ts";
import type { LngLat } from "./types.ts";

const BOUNDARY: LngLat[] = [[-73.7, 45.4], [-73.5, 45.4], [-73.5, 45.6], [-73.7, 45.4]];
const choose = (style_url: string | null, mapbox_token: string | null, dark = false) => chooseMapStyle({ style_url, mapbox_token }, BOUNDARY, dark);

describe("the map style", () => {
  it("is the built-in one, drawn by MapLibre, without configuration", () => {
    const choice = choose(null, null);
    expect(choice).toMatchObject({ library: "maplibre", external: false, style: { version: 8 } });
  });

  it("loads nothing from other servers when it is the built-in one", () => expect(JSON.stringify(choose(null, null, true).style)).not.toMatch(/https?:|mapbox:|"(glyphs|sprite|url|tiles)"/));

  it("has a light and a dark version", () => expect(choose(null, null).style).not.toEqual(choose(null, null, true).style));

  it("is the configured one, drawn by MapLibre", () =>
    expect(choose("https://tiles.example/style.json", null)).toEqual({ library: "maplibre", style: "https://tiles.example/style.json", external: true }));

  it("is a standard style of Mapbox if there is a token", () => {
    expect(choose(null, "pk.1")).toEqual({ library: "mapbox", style: "mapbox://styles/mapbox/light-v11", external: true });
    expect(choose(null, "pk.1", true).style).toBe("mapbox://styles/mapbox/dark-v11");
  });

  it("is the configured one rather than a standard style of Mapbox", () =>
    expect(choose("mapbox://styles/us/ours", "pk.1")).toEqual({ library: "mapbox", style: "mapbox://styles/us/ours", external: true }));

  it("is the built-in one if a Mapbox style is configured without a token", () => expect(choose("mapbox://styles/us/ours", null).external).toBe(false));

  it("treats an empty setting as missing", () => expect(choose("", "")).toMatchObject({ library: "maplibre", external: false }));
});

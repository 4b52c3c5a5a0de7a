import { describe, expect, it } from "vitest";

import { MONTREAL } from "../../lib/area.fixture.ts";
import { choose } from "./choose.ts";

const chosen = (style_url: string | null, mapbox_token: string | null, dark = false) => choose({ style_url, mapbox_token }, MONTREAL, dark);

describe("the map that is shown", () => {
  it("is ours, drawn by MapLibre, where nothing is set up", () => {
    const choice = chosen(null, null);
    expect(choice).toMatchObject({ engine: "maplibre", foreign: false, style: { version: 8 } });
  });

  it("needs nothing from elsewhere when it is ours", () => expect(JSON.stringify(chosen(null, null, true).style)).not.toMatch(/https?:|mapbox:|"(glyphs|sprite|url|tiles)"/));

  it("differs by day and by night", () => expect(chosen(null, null).style).not.toEqual(chosen(null, null, true).style));

  it("has the style that is set up, drawn by MapLibre", () =>
    expect(chosen("https://tiles.example/style.json", null)).toEqual({ engine: "maplibre", style: "https://tiles.example/style.json", foreign: true }));

  it("is Mapbox's own where there is a token", () => {
    expect(chosen(null, "pk.1")).toEqual({ engine: "mapbox", style: "mapbox://styles/mapbox/light-v11", foreign: true });
    expect(chosen(null, "pk.1", true).style).toBe("mapbox://styles/mapbox/dark-v11");
  });

  it("has the style that is set up before Mapbox's own", () =>
    expect(chosen("mapbox://styles/us/ours", "pk.1")).toEqual({ engine: "mapbox", style: "mapbox://styles/us/ours", foreign: true }));

  it("is ours where a Mapbox style is set up without a token", () => expect(chosen("mapbox://styles/us/ours", null).foreign).toBe(false));

  it("takes an empty setting for none", () => expect(chosen("", "")).toMatchObject({ engine: "maplibre", foreign: false }));
});

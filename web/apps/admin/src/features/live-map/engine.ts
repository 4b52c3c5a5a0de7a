import type * as MapLibre from "maplibre-gl";

/** What we use of a map library; MapLibre GL and Mapbox GL agree on it. */
export type Engine = Pick<typeof MapLibre, "Map" | "NavigationControl" | "ScaleControl" | "Popup">;

const MAPBOX = "https://api.mapbox.com/mapbox-gl-js/v3.9.4/mapbox-gl";

export async function loadMapLibre(): Promise<Engine> {
  const [engine] = await Promise.all([import("maplibre-gl"), import("maplibre-gl/dist/maplibre-gl.css")]);
  return engine;
}

/**
 * Mapbox GL is proprietary: it is loaded from its maker, who gave the token, and never shipped with
 * us.  Throws where it cannot be had (no internet, or a policy that forbids it).
 */
export async function loadMapbox(token: string): Promise<Engine> {
  const engine = (window as unknown as { mapboxgl?: MapboxEngine }).mapboxgl ?? (await fetched());
  engine.accessToken = token;
  return engine;
}

type MapboxEngine = Engine & { accessToken: string };

async function fetched(): Promise<MapboxEngine> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `${MAPBOX}.css`;
  const script = document.createElement("script");
  script.src = `${MAPBOX}.js`;
  try {
    await new Promise<void>((resolve, reject) => {
      script.onload = () => resolve();
      script.onerror = () => reject(new Error("Mapbox GL could not be loaded"));
      document.head.append(link, script);
    });
  } catch (error) {
    link.remove();
    script.remove();
    throw error;
  }
  return (window as unknown as { mapboxgl: MapboxEngine }).mapboxgl;
}

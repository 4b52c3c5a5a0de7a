import type * as MapLibre from "maplibre-gl";

/** The part of a map library that is used here; MapLibre GL and Mapbox GL have it in common. */
export type MapLibrary = Pick<typeof MapLibre, "Map" | "NavigationControl" | "ScaleControl" | "Popup">;

type MapboxLibrary = MapLibrary & { accessToken: string };

const MAPBOX_URL = "https://api.mapbox.com/mapbox-gl-js/v3.9.4/mapbox-gl";

/** The build whose worker is a file of ours, so that the content security policy need not allow `blob:`. */
export async function loadMapLibre(): Promise<MapLibrary> {
  const [library, worker] = await Promise.all([
    import("maplibre-gl/dist/maplibre-gl-csp.js"),
    import("maplibre-gl/dist/maplibre-gl-csp-worker.js?url"),
    import("maplibre-gl/dist/maplibre-gl.css"),
  ]);
  library.setWorkerUrl(worker.default);
  return library;
}

/**
 * Loads Mapbox GL from Mapbox's own server: its licence does not allow us to ship it.  Throws if it
 * cannot be loaded (no internet, or blocked by the content security policy).
 */
export async function loadMapbox(token: string): Promise<MapLibrary> {
  const library = getMapboxGlobal() ?? (await loadMapboxScript());
  library.accessToken = token;
  return library;
}

const getMapboxGlobal = (): MapboxLibrary | undefined => (window as unknown as { mapboxgl?: MapboxLibrary }).mapboxgl;

async function loadMapboxScript(): Promise<MapboxLibrary> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `${MAPBOX_URL}.css`;
  const script = document.createElement("script");
  script.src = `${MAPBOX_URL}.js`;
  try {
    await new Promise<void>((resolve, reject) => {
      script.onload = () => resolve();
      script.onerror = () => reject(new Error("Mapbox GL could not be loaded"));
      document.head.append(link, script);
    });
    const library = getMapboxGlobal();
    if (!library) throw new Error("Mapbox GL did not register itself");
    return library;
  } catch (error) {
    link.remove();
    script.remove();
    throw error;
  }
}

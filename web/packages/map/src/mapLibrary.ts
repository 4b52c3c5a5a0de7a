import type * as MapLibre from "maplibre-gl";

/** The part of a map library that is used here; MapLibre GL and Mapbox GL have it in common. */
export type MapLibrary = Pick<typeof MapLibre, "Map" | "NavigationControl" | "ScaleControl" | "Popup" | "Marker" | "AttributionControl">;

export type MapboxLibrary = MapLibrary & { accessToken: string; workerUrl: string; baseApiUrl: string };

let streetsKnown = false;

/**
 * The build whose worker is a file of ours, so that the content security policy need not allow `blob:`.  With
 * `streets` it reads `pmtiles://` addresses.
 */
export async function loadMapLibre({ streets = false }: { streets?: boolean } = {}): Promise<MapLibrary> {
  const [library, worker] = await Promise.all([
    import("maplibre-gl/dist/maplibre-gl-csp.js"),
    import("maplibre-gl/dist/maplibre-gl-csp-worker.js?url"),
    import("maplibre-gl/dist/maplibre-gl.css"),
  ]);
  library.setWorkerUrl(worker.default);
  if (streets && !streetsKnown) {
    const { Protocol } = await import("pmtiles");
    library.addProtocol("pmtiles", new Protocol().tile);
    streetsKnown = true;
  }
  return library;
}

/**
 * Loads Mapbox GL, which is only used with a token: its licence is for people with an account of Mapbox.  With
 * `apiUrl` it asks that server instead of Mapbox's.  Throws if it cannot be loaded.
 */
export async function loadMapbox(token: string, apiUrl?: string | null): Promise<MapLibrary> {
  const [{ default: library }, worker] = await Promise.all([
    import("mapbox-gl/dist/mapbox-gl-csp.js"),
    import("mapbox-gl/dist/mapbox-gl-csp-worker.js?url"),
    import("mapbox-gl/dist/mapbox-gl.css"),
  ]);
  library.workerUrl = worker.default;
  library.accessToken = token;
  if (apiUrl) library.baseApiUrl = apiUrl;
  return library;
}

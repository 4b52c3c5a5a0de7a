import { http } from "../session.ts";
import type { MapView } from "./types.ts";

/**
 * Reads the drivers and live rescues of an area.  There is no query for it: events change the result
 * many times a second, so it is kept in the city store and never in the query cache.
 */
export async function fetchMapView(areaId: string): Promise<MapView> {
  return (await http.get<MapView>("/admin/map", { params: { area: areaId } })).data;
}

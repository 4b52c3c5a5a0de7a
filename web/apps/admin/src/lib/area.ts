import area from "./area.json";

/** The service area that the console watches; its times are told in its own zone. */
export interface Area {
  id: string;
  name: string;
  /** IANA name. */
  timezone: string;
  /** ISO 4217, of the area's tariff. */
  currency: string;
  /** GeoJSON rings, `[lng, lat]`. */
  polygon: number[][][];
}

export const AREA: Area = area;

/** West, south, east, north of an area. */
export function boundsOf({ polygon }: Area): [number, number, number, number] {
  const ring = polygon[0] ?? [];
  const lngs = ring.map(([lng]) => lng ?? 0);
  const lats = ring.map(([, lat]) => lat ?? 0);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

import axios from "axios";

/** A service area; its times are told in its own zone. */
export interface PublicArea {
  id: string;
  name: string;
  /** IANA name. */
  timezone: string;
  /** ISO 4217, of the area's tariff. */
  currency: string;
  /** A closed ring of `[lng, lat]`. */
  boundary: [number, number][];
}

/** What the server tells a browser about itself (`/config.json`). */
export interface PublicConfig {
  realtime_url: string;
  map: { style_url: string | null; mapbox_token: string | null };
  speed: number;
  areas: PublicArea[];
}

export async function loadConfig(): Promise<PublicConfig> {
  const { data } = await axios.get<PublicConfig>("/config.json");
  return data;
}

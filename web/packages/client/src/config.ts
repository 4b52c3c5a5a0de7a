import axios from "axios";

/** What the server tells a browser about itself (`/config.json`). */
export interface PublicConfig {
  realtime_url: string;
  map: { style_url: string | null; mapbox_token: string | null };
  speed: number;
}

export async function loadConfig(): Promise<PublicConfig> {
  const { data } = await axios.get<PublicConfig>("/config.json");
  return data;
}

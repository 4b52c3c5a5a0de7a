import axios from "axios";

import { type PublicTelemetry, startTelemetry } from "./telemetry.ts";

/** A service area; its times are shown in its own time zone. */
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

/** Where maps come from; all absent: the built-in style. */
export interface PublicMap {
  style_url: string | null;
  mapbox_token: string | null;
  /** Asked instead of Mapbox's own server. */
  mapbox_api_url?: string | null;
  /** The tiles of an imported region. */
  streets?: { url: string; attribution: string } | null;
}

/** How long things take, in seconds of city time, but codes. */
export interface PublicWaits {
  /** A search for a driver; then the rescue is unserved. */
  search_seconds: number;
  /** At the pickup, before the driver may report a no-show. */
  no_show_seconds: number;
  /** Free cancellation after the first acceptance. */
  free_cancellation_seconds: number;
  /** Of real time: a code that was sent by SMS is valid. */
  code_seconds: number;
}

/** The public configuration of the server (`/config.json`). */
export interface PublicConfig extends PublicTelemetry {
  realtime_url: string;
  map: PublicMap;
  speed: number;
  areas: PublicArea[];
  /** Without a publishable key cards are entered on a page of Stripe's emulator. */
  payments?: { publishable_key: string | null };
  /** The languages that the apps speak. */
  languages?: string[];
  /** How to reach a person who helps. */
  support?: { phone?: string | null; email?: string | null };
  /** The versions of the texts that are accepted at sign-up. */
  legal?: { terms_version: string; privacy_version: string };
  /** How long things take, in seconds of city time. */
  waits?: PublicWaits;
  /** The highest demand multiplier of a price. */
  pricing?: { demand_cap: number };
  /** The key with which a browser subscribes to notifications; `null`: none are pushed. */
  push?: { public_key: string } | null;
  /** Where the apps of a demo start in a browser that knows no place in a service area. */
  demo?: { lat: number; lng: number } | null;
}

const TIMEOUT_MS = 15_000;

let configuration: Promise<PublicConfig> | null = null;

/** Asks for the configuration once a page; after a failure the next call asks again. */
export function fetchConfig(): Promise<PublicConfig> {
  configuration ??= axios.get<PublicConfig>("/config.json", { timeout: TIMEOUT_MS }).then(
    ({ data }) => {
      startTelemetry(data);
      return data;
    },
    (error: unknown) => {
      configuration = null;
      throw error;
    },
  );
  return configuration;
}

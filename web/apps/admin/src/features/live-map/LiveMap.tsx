import "./map.css";

import { chooseMapStyle, type MapConfig } from "@supportcarr/map/mapStyle";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { useArea } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { texts } from "../../lib/texts.ts";
import { type CityMap, type CityMapOptions, openMap } from "./cityMap.ts";
import { MapLegend } from "./MapLegend.tsx";

const text = texts.map;

interface LiveMapProps extends Pick<CityMapOptions, "getCoveredWidth" | "onSelectRescue"> {
  config: MapConfig;
  dark: boolean;
  selectedRescueId: string | null;
  className: string;
}

/** The map of the area with its trucks and live rescues. */
export function LiveMap({ config: configured, dark, selectedRescueId, onSelectRescue, getCoveredWidth, className }: LiveMapProps) {
  const area = useArea();
  const containerRef = useRef<HTMLDivElement>(null);
  const mapRef = useRef<CityMap | null>(null);
  // The map opens asynchronously and must then show the latest values.
  const latestRef = useRef({ dark, selectedRescueId });
  const [fallback, setFallback] = useState(false);
  const [unavailable, setUnavailable] = useState(false);
  // A configured map that cannot be loaded is replaced by our own.
  const config = useMemo(() => (fallback ? { ...configured, style_url: null, mapbox_token: null } : configured), [configured, fallback]);
  const offline = useCityStore((state) => state.connection === "offline");

  useEffect(() => {
    let closed = false;
    const container = containerRef.current;
    if (!container) return;
    openMap(container, { config, area, dark: latestRef.current.dark, onFallback: () => setFallback(true), onSelectRescue, getCoveredWidth }).then(
      (map) => {
        if (closed) {
          map.close();
          return;
        }
        mapRef.current = map;
        map.setDark(latestRef.current.dark);
        map.setSelected(latestRef.current.selectedRescueId);
      },
      () => {
        if (closed) return;
        if (config.mapbox_token) setFallback(true);
        else setUnavailable(true);
      },
    );
    return () => {
      closed = true;
      mapRef.current?.close();
      mapRef.current = null;
    };
  }, [config, area, onSelectRescue, getCoveredWidth]);

  useEffect(() => {
    latestRef.current = { dark, selectedRescueId };
    mapRef.current?.setDark(dark);
    mapRef.current?.setSelected(selectedRescueId);
  }, [dark, selectedRescueId]);

  return (
    <section aria-label={text.title} className={`city-map relative flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--border) bg-(--surface) ${className}`}>
      <h2 className="sr-only">{text.title}</h2>
      <div className="relative min-h-0 flex-1">
        <div ref={containerRef} className={`h-full w-full transition-opacity ${offline ? "opacity-60" : ""}`} data-testid="map" />
      </div>
      <div className="pointer-events-none absolute inset-x-14 top-3 flex flex-col items-center gap-2 text-center text-sm">
        {offline ? <Notice>{text.stale}</Notice> : null}
        {unavailable ? <Notice>{text.unavailable}</Notice> : fallback ? <Notice>{text.fallback}</Notice> : null}
      </div>
      {unavailable ? null : <MapLegend builtInStyle={!chooseMapStyle(config, area.boundary, dark).external} />}
    </section>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="rounded-lg border border-(--border) bg-(--surface) px-3 py-1.5 shadow-sm">
      {children}
    </p>
  );
}

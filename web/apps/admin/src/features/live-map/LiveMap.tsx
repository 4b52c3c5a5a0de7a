import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import type * as MapLibre from "maplibre-gl";
import { useEffect, useRef, useState } from "react";

import { useCity } from "../../lib/city.ts";
import { loadEngine } from "./engine.ts";
import { addLayers, drawRescues, drawTrucks } from "./layers.ts";
import { bounds, plainStyle } from "./style.ts";

const REDRAW_MS = 100;

/** Trucks moving and rescues waiting, drawn from the city's state. */
export function LiveMap({ config, dark }: { config: PublicConfig; dark: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<MapLibre.Map | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const trucks = useCity((city) => city.trucks.size);

  useEffect(() => {
    let gone = false;
    let stop = () => {};
    loadEngine(config)
      .then((engine) => {
        if (gone || !box.current) return;
        stop = show(box.current, engine, config, dark, map);
      })
      .catch((error: unknown) => setFailed(error instanceof Error ? error.message : "The map could not be shown"));
    return () => {
      gone = true;
      stop();
    };
  }, [config, dark]);

  return (
    <section aria-label="Live map" className="relative min-h-0 overflow-hidden rounded-xl border border-(--line) bg-(--panel)">
      <div className="absolute inset-0">
        <div ref={box} className="h-full w-full" data-trucks={trucks} data-testid="map" />
      </div>
      {failed ? (
        <p role="alert" className="absolute inset-x-0 top-6 text-center text-sm">
          {failed}. The lists beside it go on.
        </p>
      ) : null}
      <ul className="pointer-events-none absolute bottom-3 left-3 flex gap-4 rounded-lg border border-(--line) bg-(--panel)/90 px-3 py-1.5 text-xs">
        <Key colour="#64748b" text="Free truck" square />
        <Key colour="#0284c7" text="Truck on a job" square />
        <Key colour="#d97706" text="Rider waiting" />
        <Key colour="#0284c7" text="Driver coming" />
      </ul>
    </section>
  );
}

function Key({ colour, text, square = false }: { colour: string; text: string; square?: boolean }) {
  return (
    <li className="flex items-center gap-1.5">
      <span className={`size-2.5 ${square ? "rounded-sm" : "rounded-full"}`} style={{ background: colour }} />
      {text}
    </li>
  );
}

function show(
  box: HTMLDivElement,
  engine: Awaited<ReturnType<typeof loadEngine>>,
  config: PublicConfig,
  dark: boolean,
  held: { current: MapLibre.Map | null },
): () => void {
  const map = new engine.Map({
    container: box,
    style: config.map.style_url ?? (config.map.mapbox_token ? `mapbox://styles/mapbox/${dark ? "dark" : "light"}-v11` : plainStyle(dark)),
    bounds: bounds(),
    fitBoundsOptions: { padding: 24 },
    attributionControl: config.map.style_url || config.map.mapbox_token ? {} : false,
    dragRotate: false,
  });
  held.current = map;
  map.addControl(new engine.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new engine.ScaleControl({ unit: "metric" }), "bottom-right");

  let timer: ReturnType<typeof setInterval> | undefined;
  let unsubscribe = () => {};
  map.on("load", () => {
    addLayers(map);
    drawRescues(map, useCity.getState().rescues);
    timer = setInterval(() => drawTrucks(map, useCity.getState().trucks, performance.now()), REDRAW_MS);
    unsubscribe = useCity.subscribe((city, before) => {
      if (city.rescues !== before.rescues) drawRescues(map, city.rescues);
    });
    box.dataset.ready = "true";
  });
  const openTheOneUnder = (event: MapLibre.MapLayerMouseEvent) => {
    const { id, rescue } = (event.features?.[0]?.properties ?? {}) as { id?: string; rescue?: string | null };
    const chosen = rescue ?? (id?.startsWith("res_") ? id : null);
    if (chosen) useCity.getState().open(chosen);
  };
  for (const layer of ["rescues", "trucks"]) {
    map.on("click", layer, openTheOneUnder);
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  return () => {
    clearInterval(timer);
    unsubscribe();
    map.remove();
    held.current = null;
  };
}

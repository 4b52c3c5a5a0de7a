import type * as MapLibre from "maplibre-gl";

import { type Area, boundsOf } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { texts } from "../../lib/texts.ts";
import { gliding } from "../../lib/trucks.ts";
import { choose, type Choice, type MapConfig } from "./choose.ts";
import { type Engine, loadMapbox, loadMapLibre } from "./engine.ts";
import { rescueFeatures, tieFeatures, truckFeatures, wantedAt } from "./features.ts";
import { addLayers, setData } from "./layers.ts";
import { plainStyle } from "./style.ts";
import { tipOf } from "./tips.ts";

const REDRAW_MS = 100;
const EDGE_PX = { top: 24, left: 24, right: 24, bottom: 80 }; // around the area at first sight; the key is below
const SEEN_PX = 24; // nearer to the edge a sign is not wholly seen
const NEAR_PX = 90; // around a rescue that is brought into view
const NEAR_ZOOM = 13.5;
const WORDS: Record<string, string> = {
  "Map.Title": texts.map.title,
  "NavigationControl.ZoomIn": texts.map.zoomIn,
  "NavigationControl.ZoomOut": texts.map.zoomOut,
};

/** Made of what was set up, or of the plain style where that could not be loaded (`onPlain`). */
export async function openMap(box: HTMLElement, plan: Plan): Promise<CityMap> {
  if (plan.config.mapbox_token) {
    try {
      return new CityMap(box, await loadMapbox(plan.config.mapbox_token), plan);
    } catch {
      plan.onPlain();
    }
  }
  return new CityMap(box, await loadMapLibre(), { ...plan, config: { ...plan.config, mapbox_token: null } });
}

export interface Plan {
  config: MapConfig;
  area: Area;
  dark: boolean;
  /** What was set up could not be loaded. */
  onPlain: () => void;
  /** How many pixels of the map's right side are under something else now. */
  covered: () => number;
}

/** The map of one area, drawn from the city's state until it is closed. */
export class CityMap {
  private readonly map: MapLibre.Map;
  private readonly tip: MapLibre.Popup;
  private readonly unsubscribe: () => void;
  private readonly timer: ReturnType<typeof setInterval>;
  private dark: boolean;
  private plain: boolean;
  private drawn = false;
  private stale = true;
  private closed = false;

  constructor(
    private readonly box: HTMLElement,
    engine: Engine,
    private readonly plan: Plan,
  ) {
    const { area } = plan;
    this.dark = plan.dark;
    const { style, foreign } = this.choice();
    this.plain = !foreign;
    this.map = new engine.Map({
      container: box,
      style,
      bounds: boundsOf(area),
      fitBoundsOptions: { padding: EDGE_PX },
      attributionControl: foreign ? {} : false,
      dragRotate: false,
      locale: WORDS,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new engine.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new engine.ScaleControl({ unit: "metric" }), "bottom-right");
    this.tip = new engine.Popup({ closeButton: false, closeOnClick: false, offset: 18, className: "city-tip" });
    this.map.on("style.load", () => this.furnish());
    this.map.on("error", () => this.fallBack());
    this.listen();
    this.unsubscribe = useCity.subscribe((city, before) => {
      if (city.rescues !== before.rescues || city.opened !== before.opened) this.stale = true;
      // With the next frame: by then it is known what covers the map.
      if (city.opened !== before.opened) requestAnimationFrame(() => this.show(city.opened));
    });
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
    // A handle for whoever looks closer: what is on the map is pixels to everybody else.
    (box as HTMLElement & { cityMap?: MapLibre.Map }).cityMap = this.map;
  }

  setDark(dark: boolean): void {
    if (dark === this.dark) return;
    const before = this.choice().style;
    this.dark = dark;
    const style = this.plain ? plainStyle(this.plan.area, dark) : this.choice().style;
    if (style === before) return; // somebody's own style is the same by day and by night
    this.drawn = false;
    this.map.setStyle(style, { diff: false });
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.unsubscribe();
    this.map.remove();
    delete this.box.dataset.ready;
  }

  private choice(): Choice {
    return choose(this.plan.config, this.plan.area, this.dark);
  }

  private furnish(): void {
    addLayers(this.map, this.dark);
    this.drawn = true;
    this.stale = true;
    this.draw();
    this.box.dataset.ready = "true";
  }

  /** A foreign style that cannot be had is no reason to see nothing. */
  private fallBack(): void {
    if (this.plain || this.drawn) return;
    this.plain = true;
    this.plan.onPlain();
    this.map.setStyle(plainStyle(this.plan.area, this.dark), { diff: false });
  }

  private draw(): void {
    if (!this.drawn) return;
    const { trucks, rescues, opened } = useCity.getState();
    const now = performance.now();
    // One redraw after the last glide, so that each truck stands where it was reported.
    const moving = gliding(trucks, now);
    if (!moving && !this.stale && trucks.size === Number(this.box.dataset.trucks)) return;
    if (this.stale) setData(this.map, "rescues", rescueFeatures(rescues, opened));
    setData(this.map, "trucks", truckFeatures(trucks, rescues, opened, now));
    setData(this.map, "ties", tieFeatures(trucks, rescues, opened, now));
    this.box.dataset.trucks = String(trucks.size);
    this.stale = moving;
  }

  private listen(): void {
    const { map } = this;
    const under = (event: MapLibre.MapLayerMouseEvent) => (event.features?.[0]?.properties ?? {}) as { id?: string; rescue?: string | null };
    for (const layer of ["rescues", "trucks"]) {
      map.on("click", layer, (event) => {
        const { rescues, trucks, open } = useCity.getState();
        const { id } = under(event);
        const chosen = trucks.get(id ?? "")?.rescueId ?? (rescues.has(id ?? "") ? id : null);
        if (chosen) open(chosen);
      });
      map.on("mousemove", layer, (event) => {
        const { rescues, trucks } = useCity.getState();
        const tip = tipOf(under(event), rescues, trucks);
        map.getCanvas().style.cursor = "pointer";
        if (tip) this.tip.setLngLat(event.lngLat).setDOMContent(tipElement(tip)).addTo(map);
      });
      map.on("mouseleave", layer, () => {
        map.getCanvas().style.cursor = "";
        this.tip.remove();
      });
    }
  }

  /** Bring a rescue that was opened into view, with its truck, if it is not in view already. */
  private show(opened: string | null): void {
    if (this.closed) return;
    const { rescues, trucks } = useCity.getState();
    const rescue = opened ? rescues.get(opened) : undefined;
    const place = rescue && wantedAt(rescue);
    if (!place) return;
    const truck = [...trucks.values()].find((other) => other.rescueId === opened);
    const places = truck ? [place, truck] : [place];
    const covered = this.plan.covered();
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width - covered < 2.5 * NEAR_PX) return; // too little of the map is seen
    const inView = ({ lat, lng }: { lat: number; lng: number }) => {
      const { x, y } = this.map.project([lng, lat]);
      return x > SEEN_PX && x < width - covered - SEEN_PX && y > SEEN_PX && y < height - SEEN_PX;
    };
    if (places.every(inView)) return;
    const lngs = places.map(({ lng }) => lng);
    const lats = places.map(({ lat }) => lat);
    this.map.fitBounds([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], {
      padding: { top: NEAR_PX, left: NEAR_PX, bottom: NEAR_PX, right: NEAR_PX + covered },
      maxZoom: NEAR_ZOOM,
    });
  }
}

function tipElement({ name, state }: { name: string; state: string | null }): HTMLElement {
  const element = document.createElement("div");
  const title = document.createElement("strong");
  title.textContent = name;
  element.append(title);
  if (state) element.append(document.createElement("br"), state);
  return element;
}

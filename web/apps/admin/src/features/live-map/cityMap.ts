import { loadMapbox, loadMapLibre, type MapLibrary } from "@supportcarr/map/mapLibrary";
import { chooseMapStyle, type MapConfig, type MapStyleChoice } from "@supportcarr/map/mapStyle";
import type * as MapLibre from "maplibre-gl";

import { type Area, boundsOf } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { texts } from "../../lib/texts.ts";
import { type Coordinates, isAnimating } from "../../lib/trucks.ts";
import { destinationOf, legFeatures, rescueFeatures, truckFeatures } from "./geojson.ts";
import { addLayers, setData } from "./layers.ts";
import { tooltipElement, tooltipOf } from "./tooltip.ts";

const REDRAW_INTERVAL_MS = 100;
const INITIAL_PADDING_PX = { top: 24, left: 24, right: 24, bottom: 80 }; // the legend is at the bottom
const VISIBLE_MARGIN_PX = 24; // closer to the edge an icon is cut off
const FOCUS_PADDING_PX = 90; // around a rescue that is brought into view
const FOCUS_MAX_ZOOM = 13.5;
const LOCALE: Record<string, string> = {
  "Map.Title": texts.map.canvas,
  "NavigationControl.ZoomIn": texts.map.zoomIn,
  "NavigationControl.ZoomOut": texts.map.zoomOut,
};

export interface CityMapOptions {
  config: MapConfig;
  area: Area;
  dark: boolean;
  /** The configured library or style could not be loaded: the map is to be opened again with the built-in style. */
  onFallback: () => void;
  onSelectRescue: (rescueId: string) => void;
  /** Width of the part at the right of the map that is covered by something else, in pixels. */
  getCoveredWidth: () => number;
}

/** Opens the configured map.  Throws without WebGL, or if its library cannot be loaded. */
export async function openMap(container: HTMLElement, options: CityMapOptions): Promise<CityMap> {
  const { mapbox_token: token, mapbox_api_url: apiUrl, streets } = options.config;
  const library = token ? await loadMapbox(token, apiUrl) : await loadMapLibre({ streets: Boolean(streets) });
  return new CityMap(container, library, options);
}

/** The map of one area; draws the city store until it is closed. */
export class CityMap {
  private readonly map: MapLibre.Map;
  private readonly popup: MapLibre.Popup;
  private readonly unsubscribe: () => void;
  private readonly redrawInterval: ReturnType<typeof setInterval>;
  private dark: boolean;
  private readonly external: boolean;
  private styleLoaded = false;
  private needsRedraw = true;
  private closed = false;
  private selectedId: string | null = null;
  /** The selected rescue must be brought into view as soon as it is known where it is. */
  private focusPending = false;

  constructor(
    private readonly container: HTMLElement,
    library: MapLibrary,
    private readonly options: CityMapOptions,
  ) {
    this.dark = options.dark;
    const { style, external } = this.chooseStyle();
    this.external = external;
    this.map = new library.Map({
      container,
      style,
      bounds: boundsOf(options.area),
      fitBoundsOptions: { padding: INITIAL_PADDING_PX },
      attributionControl: external || options.config.streets ? {} : false,
      dragRotate: false,
      locale: LOCALE,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-right");
    this.popup = new library.Popup({ closeButton: false, closeOnClick: false, offset: 18, className: "city-map-tooltip" });
    this.map.on("style.load", () => this.onStyleLoad());
    this.map.on("error", () => this.giveUp());
    this.addPointerListeners();
    this.unsubscribe = useCityStore.subscribe((state, previous) => {
      if (state.rescues === previous.rescues && state.loaded === previous.loaded) return;
      this.needsRedraw = true;
      this.focusSelected();
    });
    this.redrawInterval = setInterval(() => this.draw(), REDRAW_INTERVAL_MS);
    // Lets browser tests read what is on the map, which is otherwise only pixels.
    (container as HTMLElement & { cityMap?: MapLibre.Map }).cityMap = this.map;
  }

  /** Marks a rescue, its truck and its legs, and brings them into view. */
  setSelected(rescueId: string | null): void {
    if (rescueId === this.selectedId) return;
    this.selectedId = rescueId;
    this.needsRedraw = true;
    this.focusPending = rescueId !== null;
    // In the next frame, when it is known what covers the map.
    requestAnimationFrame(() => this.focusSelected());
  }

  setDark(dark: boolean): void {
    if (dark === this.dark) return;
    const previous = this.chooseStyle().style;
    this.dark = dark;
    const { style } = this.chooseStyle();
    if (style === previous) return; // a configured style has no dark version
    this.styleLoaded = false;
    this.map.setStyle(style, { diff: false });
  }

  close(): void {
    this.closed = true;
    clearInterval(this.redrawInterval);
    this.unsubscribe();
    this.map.remove();
    delete this.container.dataset.ready;
  }

  private chooseStyle(): MapStyleChoice {
    return chooseMapStyle(this.options.config, this.options.area.boundary, this.dark, true);
  }

  private onStyleLoad(): void {
    addLayers(this.map, this.dark);
    this.styleLoaded = true;
    this.needsRedraw = true;
    this.draw();
    this.container.dataset.ready = "true";
  }

  private giveUp(): void {
    // A tile that is missing is no reason: the rest of the style is drawn.
    if (this.external && !this.container.dataset.ready) this.options.onFallback();
  }

  private draw(): void {
    if (!this.styleLoaded) return;
    const { trucks, rescues } = useCityStore.getState();
    const now = performance.now();
    const animating = isAnimating(trucks, now);
    if (!animating && !this.needsRedraw && trucks.size === Number(this.container.dataset.trucks)) return;
    if (this.needsRedraw) setData(this.map, "rescues", rescueFeatures(rescues, this.selectedId));
    setData(this.map, "trucks", truckFeatures(trucks, rescues, this.selectedId, now));
    setData(this.map, "legs", legFeatures(trucks, rescues, this.selectedId, now));
    this.container.dataset.trucks = String(trucks.size);
    this.needsRedraw = animating; // once more after the animation, so that each truck ends where it reported
  }

  private addPointerListeners(): void {
    const { map } = this;
    const idAt = (event: MapLibre.MapLayerMouseEvent) => (event.features?.[0]?.properties as { id?: string } | undefined)?.id ?? "";
    for (const layer of ["rescues", "trucks"]) {
      map.on("click", layer, (event) => {
        const { rescues, trucks } = useCityStore.getState();
        const id = idAt(event);
        const rescueId = trucks.get(id)?.rescueId ?? (rescues.has(id) ? id : null);
        if (rescueId) this.options.onSelectRescue(rescueId);
      });
      map.on("mousemove", layer, (event) => {
        const { rescues, trucks } = useCityStore.getState();
        const tooltip = tooltipOf(idAt(event), rescues, trucks);
        map.getCanvas().style.cursor = "pointer";
        if (tooltip) this.popup.setLngLat(event.lngLat).setDOMContent(tooltipElement(tooltip)).addTo(map);
      });
      map.on("mouseleave", layer, () => {
        map.getCanvas().style.cursor = "";
        this.popup.remove();
      });
    }
  }

  /** Brings the selected rescue and its truck into view, once, unless they are visible already. */
  private focusSelected(): void {
    if (this.closed || !this.focusPending) return;
    const { rescues, trucks, loaded } = useCityStore.getState();
    const rescue = rescues.get(this.selectedId ?? "");
    if (!rescue && !loaded) return; // a linked rescue is selected before the rescues are loaded
    this.focusPending = false;
    const destination = rescue && destinationOf(rescue);
    if (!destination) return;
    const truck = [...trucks.values()].find(({ rescueId }) => rescueId === this.selectedId);
    const points = truck ? [destination, truck] : [destination];
    const coveredWidth = this.options.getCoveredWidth();
    const { clientWidth, clientHeight } = this.container;
    if (clientWidth - coveredWidth < 2.5 * FOCUS_PADDING_PX) return; // too little of the map is visible
    const isVisible = ({ lat, lng }: Coordinates) => {
      const { x, y } = this.map.project([lng, lat]);
      return x > VISIBLE_MARGIN_PX && x < clientWidth - coveredWidth - VISIBLE_MARGIN_PX && y > VISIBLE_MARGIN_PX && y < clientHeight - VISIBLE_MARGIN_PX;
    };
    if (points.every(isVisible)) return;
    const lngs = points.map(({ lng }) => lng);
    const lats = points.map(({ lat }) => lat);
    this.map.fitBounds([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], {
      padding: { top: FOCUS_PADDING_PX, left: FOCUS_PADDING_PX, bottom: FOCUS_PADDING_PX, right: FOCUS_PADDING_PX + coveredWidth },
      maxZoom: FOCUS_MAX_ZOOM,
    });
  }
}

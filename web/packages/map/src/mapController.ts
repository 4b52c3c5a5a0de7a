import type * as MapLibre from "maplibre-gl";

import type { MapLibrary } from "./mapLibrary.ts";
import { chooseMapStyle, type MapConfig, type MapStyleChoice } from "./mapStyle.ts";
import { MarkerLayer } from "./markerLayer.ts";
import { addOverlay, lineFeatures, setOverlay, zoneFeatures } from "./overlay.ts";
import type { LngLat, MapPadding, MapViewProps } from "./types.ts";
import { boundsOf, fitMargins, isNear, needsFit } from "./view.ts";

const DEFAULT_ZOOM = 13;
const FIT_MAX_ZOOM = 16;
const EASE_MS = 220;
const SCALE_FROM_PX = 240; // of a map's height
const STYLE_TIMEOUT_MS = 8_000; // a network that answers nothing gives no error either
const NO_PADDING = { top: 0, right: 0, bottom: 0, left: 0 };

export interface MapTexts {
  zoomIn: string;
  zoomOut: string;
  attribution: string;
}

export interface MapControllerOptions {
  config: MapConfig;
  /** The service area, a closed ring. */
  boundary: readonly LngLat[] | null;
  dark: boolean;
  texts: MapTexts;
  /** Whether the person moved the map, so that it no longer follows what it should keep in view. */
  onFollowing: (following: boolean) => void;
  onMoving: (moving: boolean) => void;
  onReady: () => void;
  /** The configured style cannot be loaded: the map is to be opened again with our own. */
  onFailed: () => void;
}

type State = Pick<MapViewProps, "center" | "zoom" | "markers" | "line" | "zones" | "padding" | "onMove" | "fit">;

/** One map of a page: draws the state that it is given. */
export class MapController {
  private readonly map: MapLibre.Map;
  private readonly markers: MarkerLayer;
  private readonly styleTimeout: ReturnType<typeof setTimeout>;
  private state: State = {};
  private padding = NO_PADDING;
  private dark: boolean;
  private readonly external: boolean;
  private styleLoaded = false;
  private ready = false;
  private following = true;
  private tapped = false;
  private lastCenter: LngLat | null = null;

  constructor(
    private readonly container: HTMLElement,
    library: MapLibrary,
    private readonly options: MapControllerOptions,
    initial: State & { label: string; interactive: boolean },
  ) {
    this.dark = options.dark;
    const { library: libraryName, style, external } = this.chooseStyle();
    this.external = external;
    const bounds = initial.center ? null : boundsOf(initial.fit ?? options.boundary ?? []);
    this.lastCenter = initial.center ?? null;
    const { interactive, label } = initial;
    this.map = new library.Map({
      container,
      style,
      ...(bounds ? { bounds, fitBoundsOptions: { padding: fitMargins(container.clientWidth, container.clientHeight), maxZoom: FIT_MAX_ZOOM } } : { center: initial.center ?? [0, 0], zoom: initial.zoom ?? DEFAULT_ZOOM }),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      interactive,
      locale: { "Map.Title": label, "NavigationControl.ZoomIn": options.texts.zoomIn, "NavigationControl.ZoomOut": options.texts.zoomOut, "AttributionControl.ToggleAttribution": options.texts.attribution },
    });
    this.map.addControl(new library.AttributionControl({ compact: true }), "bottom-right");
    if (interactive) {
      this.map.touchZoomRotate.disableRotation();
      this.map.keyboard.disableRotation();
      this.map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
      // On a low map it would stand on the names of places.
      if (container.clientHeight >= SCALE_FROM_PX) this.map.addControl(new library.ScaleControl({ maxWidth: 90, unit: "metric" }), "bottom-left");
      this.listen();
    }
    this.markers = new MarkerLayer(this.map, library);
    this.map.on("style.load", () => this.onStyleLoad());
    this.map.on("error", () => this.giveUp());
    this.styleTimeout = setTimeout(() => this.giveUp(), STYLE_TIMEOUT_MS);
    container.dataset.library = libraryName;
    // Lets browser tests read what is on the map, which is otherwise only pixels.
    (container as HTMLElement & { supportcarrMap?: MapLibre.Map }).supportcarrMap = this.map;
  }

  /** Draws another state. */
  update(state: State): void {
    const previous = this.state;
    this.state = state;
    this.setPadding(state.padding);
    if (state.markers !== previous.markers) this.markers.set(state.markers ?? []);
    if (this.styleLoaded) this.drawOverlay(previous);
    this.follow(previous);
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

  /** Follows again what should be kept in view. */
  recentre(): void {
    this.setFollowing(true);
    this.follow(null);
  }

  close(): void {
    clearTimeout(this.styleTimeout);
    this.markers.close();
    this.map.remove();
    delete this.container.dataset.ready;
  }

  private chooseStyle(): MapStyleChoice {
    return chooseMapStyle(this.options.config, this.options.boundary, this.dark);
  }

  private onStyleLoad(): void {
    clearTimeout(this.styleTimeout);
    addOverlay(this.map, { dark: this.dark, external: this.external });
    this.styleLoaded = true;
    this.drawOverlay(null);
    this.container.dataset.style = this.external ? "external" : "offline";
    this.container.dataset.ready = "true";
    if (this.ready) return;
    this.ready = true;
    this.options.onReady();
  }

  private giveUp(): void {
    // A tile that is missing is no reason: the rest of the style is drawn.
    if (this.external && !this.ready) this.options.onFailed();
  }

  private drawOverlay(previous: State | null): void {
    const { line, zones } = this.state;
    if (line !== previous?.line || !previous) setOverlay(this.map, "sc-line", lineFeatures(line));
    if (zones !== previous?.zones || !previous) setOverlay(this.map, "sc-zones", zoneFeatures(zones));
    const { boundary } = this.options;
    if (!previous && boundary) setOverlay(this.map, "sc-boundary", lineFeatures(boundary));
  }

  private listen(): void {
    const { map } = this;
    const byPerson = (event: { originalEvent?: unknown }) => event.originalEvent !== undefined;
    map.on("movestart", (event) => {
      if (!byPerson(event)) return;
      this.setFollowing(false);
      this.options.onMoving(true);
    });
    map.on("moveend", (event) => {
      this.options.onMoving(false);
      if (byPerson(event) || this.tapped) this.reportCenter();
      this.tapped = false;
    });
    // One tap does what a drag does.
    map.on("click", (event) => {
      if (!this.state.onMove) return;
      this.tapped = true;
      map.easeTo({ center: event.lngLat, duration: EASE_MS });
    });
  }

  private reportCenter(): void {
    const { lng, lat } = this.map.getCenter();
    this.lastCenter = [lng, lat];
    this.state.onMove?.([lng, lat]);
  }

  private setFollowing(following: boolean): void {
    if (following === this.following) return;
    this.following = following;
    this.options.onFollowing(following);
  }

  private setPadding(padding: MapPadding | undefined): void {
    const next = { ...NO_PADDING, ...padding };
    if ((Object.keys(next) as (keyof typeof next)[]).every((side) => next[side] === this.padding[side])) return;
    this.padding = next;
    // The middle of the uncovered part stays where it is on the ground.
    const center = this.map.getCenter();
    if (this.ready) this.map.easeTo({ center, padding: next, duration: EASE_MS });
    else this.map.jumpTo({ center, padding: next });
  }

  /** Moves the map to a new centre, or so that the points to keep in view are visible. */
  private follow(previous: State | null): void {
    const { center, zoom, fit } = this.state;
    if (fit && fit.length > 0) {
      if (this.following && fit !== previous?.fit) this.fit(fit);
      return;
    }
    if (!center) return;
    const moved = !this.lastCenter || !isNear(center, this.lastCenter);
    if (!moved && previous) return;
    this.lastCenter = center;
    this.map.easeTo({ center, ...(zoom !== undefined && zoom !== previous?.zoom ? { zoom } : {}), duration: EASE_MS });
  }

  private fit(points: readonly LngLat[]): void {
    const { clientWidth, clientHeight } = this.container;
    const { top, right, bottom, left } = this.padding;
    const margins = fitMargins(clientWidth - left - right, clientHeight - top - bottom);
    const box = { left: left + margins.left, top: top + margins.top, right: clientWidth - right - margins.right, bottom: clientHeight - bottom - margins.bottom };
    const bounds = boundsOf(points);
    if (!bounds || box.right <= box.left || box.bottom <= box.top) return; // nothing of the map is visible
    const drawn = points.map((point) => this.map.project(point));
    if (!needsFit(drawn, box) && this.map.getZoom() <= FIT_MAX_ZOOM) return;
    this.map.fitBounds(bounds, { padding: margins, maxZoom: FIT_MAX_ZOOM, duration: EASE_MS * 2 });
  }
}

import type * as MapLibre from "maplibre-gl";

import { type Glide, glideTo, headingOf, isGliding, positionOf, standAt } from "./glide.ts";
import type { MapLibrary } from "./mapLibrary.ts";
import { markerElement } from "./markerElement.ts";
import type { LngLat, Marker, MarkerKind } from "./types.ts";

interface Drawn {
  kind: MarkerKind;
  marker: MapLibre.Marker;
  /** Of a truck. */
  glide: Glide | null;
}

const stillWanted = (): boolean => typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The markers of a map.  One loop moves all trucks, and only while one of them moves. */
export class MarkerLayer {
  private readonly drawn = new Map<string, Drawn>();
  private frame: number | null = null;

  constructor(
    private readonly map: MapLibre.Map,
    private readonly library: Pick<MapLibrary, "Marker">,
  ) {}

  set(markers: readonly Marker[]): void {
    const now = performance.now();
    const ids = new Set(markers.map(({ id }) => id));
    for (const [id, { marker }] of this.drawn) {
      if (ids.has(id)) continue;
      marker.remove();
      this.drawn.delete(id);
    }
    for (const marker of markers) this.place(marker, now);
    this.draw(now);
    this.run();
  }

  close(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    for (const { marker } of this.drawn.values()) marker.remove();
    this.drawn.clear();
  }

  private place({ id, kind, at, heading = null }: Marker, now: number): void {
    const known = this.drawn.get(id);
    if (known?.kind === kind) {
      if (known.glide) known.glide = this.nextGlide(known.glide, at, heading, now);
      else known.marker.setLngLat(at);
      return;
    }
    known?.marker.remove();
    const truck = kind === "truck";
    const marker = new this.library.Marker({
      element: markerElement(kind),
      anchor: truck ? "center" : "bottom",
      ...(truck ? { rotationAlignment: "map" as const } : {}),
    });
    marker.setLngLat(at).addTo(this.map);
    this.drawn.set(id, { kind, marker, glide: truck ? standAt(at, heading, now) : null });
  }

  private nextGlide(glide: Glide, at: LngLat, heading: number | null, now: number): Glide {
    const same = at[0] === glide.to[0] && at[1] === glide.to[1];
    if (same && (heading === null || heading === glide.toHeading)) return glide; // the same report again
    const next = glideTo(glide, at, heading, now);
    return stillWanted() ? standAt(at, next.toHeading, now) : next;
  }

  private run(): void {
    if (this.frame !== null) return;
    const now = performance.now();
    if (![...this.drawn.values()].some(({ glide }) => glide && isGliding(glide, now))) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.draw(performance.now());
      this.run();
    });
  }

  private draw(now: number): void {
    for (const { marker, glide } of this.drawn.values()) {
      if (!glide) continue;
      marker.setLngLat(positionOf(glide, now));
      marker.setRotation(headingOf(glide, now) ?? 0);
    }
  }
}

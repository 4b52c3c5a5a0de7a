/** Longitude and latitude in degrees, WGS 84. */
export type LngLat = [lng: number, lat: number];

export type MarkerKind = "rider" | "truck" | "dropoff" | "place" | "pin";

/** Something at a point of the map. */
export interface Marker {
  /** A marker that keeps its id is moved; a truck glides. */
  id: string;
  kind: MarkerKind;
  at: LngLat;
  /** Degrees clockwise from north, of a truck; without it the truck keeps its last direction. */
  heading?: number | null;
  /** Read by screen readers. */
  label: string;
}

/** A part of the area; `level` is from 0 (quiet) to 1 (busy). */
export interface Zone {
  id: string;
  /** A closed ring. */
  ring: LngLat[];
  level: number;
}

/** The part of the map that something else covers, in pixels from each edge. */
export interface MapPadding {
  top?: number;
  right?: number;
  bottom?: number;
  left?: number;
}

export interface MapViewProps {
  /** What the map shows, in words. */
  label: string;
  /** Where the map looks; without it the middle of the area. */
  center?: LngLat | null;
  zoom?: number;
  markers?: readonly Marker[];
  /** The way of the truck. */
  line?: readonly LngLat[] | null;
  /** The service area, a closed ring; without it that of the server's configuration. */
  area?: readonly LngLat[] | null;
  zones?: readonly Zone[];
  /** Whether it can be moved; true by default. */
  interactive?: boolean;
  padding?: MapPadding;
  /**
   * Shows a pin in the middle that stays there while the map is moved below it; called with the position of the pin
   * whenever the map comes to rest after the person moved it.
   */
  onMove?: (center: LngLat) => void;
  /** The place at the pin in words, announced when it changes. */
  pinLabel?: string | null;
  /** The map is drawn, or cannot be drawn in this browser. */
  onReady?: () => void;
  /** Points that are kept in view until the person moves the map. */
  fit?: readonly LngLat[] | null;
  className?: string;
}

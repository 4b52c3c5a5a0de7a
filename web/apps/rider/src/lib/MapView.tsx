import type { LngLat } from "./geometry.ts";

export interface MapMarker {
  id: string;
  kind: "rider" | "truck" | "dropoff" | "place" | "pin";
  at: LngLat;
  heading?: number;
  label: string;
}

export interface MapViewProps {
  label: string;
  center: LngLat;
  zoom: number;
  markers?: MapMarker[];
  line?: LngLat[] | null;
  area?: LngLat[] | null;
  interactive?: boolean;
  padding?: { bottom?: number };
  onMove?: (center: LngLat) => void;
  fit?: LngLat[] | null;
  className?: string;
}

/** Holds the place of the map: a plain surface that names what is on it. */
export function MapView({ label, markers = [], className = "" }: MapViewProps) {
  return (
    <div role="region" aria-label={label} className={`bg-(--hover) ${className}`}>
      <ul className="sr-only">
        {markers.map((marker) => (
          <li key={marker.id}>{marker.label}</li>
        ))}
      </ul>
    </div>
  );
}

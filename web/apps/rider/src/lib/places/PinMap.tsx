import { MapPin } from "lucide-react";
import { useRef } from "react";

import { type LngLat, metresBetween } from "../geometry.ts";
import { type MapMarker, MapView } from "../MapView.tsx";

interface PinMapProps {
  label: string;
  /** Where the pin stands. */
  at: { lat: number; lng: number };
  zoom?: number;
  markers?: MapMarker[];
  /** How much of the lower part is covered, in pixels. */
  covered?: number;
  /** The person moved the map below the pin. */
  onMove: (at: { lat: number; lng: number }) => void;
  className?: string;
}

const NOT_MOVED_M = 2;

/** A map below a pin that stays in the middle: moving the map moves the pin, by finger or by the arrow keys. */
export function PinMap({ label, at, zoom = 16, markers = [], covered = 0, onMove, className = "" }: PinMapProps) {
  const current = useRef(at);
  current.current = at;
  const moved = ([lng, lat]: LngLat) => {
    // The map also tells of moves that the page itself made.
    if (metresBetween(current.current, { lat, lng }) > NOT_MOVED_M) onMove({ lat, lng });
  };
  return (
    <div className={`relative ${className}`}>
      <MapView label={label} center={[at.lng, at.lat]} zoom={zoom} markers={markers} interactive padding={{ bottom: covered }} onMove={moved} className="absolute inset-0" />
      <div aria-hidden="true" className="pointer-events-none absolute inset-x-0 top-0 flex items-center justify-center" style={{ bottom: covered }}>
        <MapPin className="size-11 -translate-y-1/2 fill-brand-700 stroke-white drop-shadow-lg" />
      </div>
    </div>
  );
}

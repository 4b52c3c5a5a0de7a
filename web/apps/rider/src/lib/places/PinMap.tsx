import { MapView, type Marker } from "@supportcarr/map/MapView";

interface PinMapProps {
  label: string;
  /** Where the pin stands. */
  at: { lat: number; lng: number };
  /** That place in words. */
  pinLabel: string | null;
  zoom?: number;
  markers?: Marker[];
  /** How much of the lower part is covered, in pixels. */
  covered?: number;
  /** The person moved the map below the pin. */
  onMove: (at: { lat: number; lng: number }) => void;
}

/** A map below a pin that stays in the middle: moving the map moves the pin, by finger or by the arrow keys. */
export function PinMap({ label, at, pinLabel, zoom = 16, markers = [], covered = 0, onMove }: PinMapProps) {
  return <MapView label={label} center={[at.lng, at.lat]} zoom={zoom} markers={markers} padding={{ bottom: covered }} pinLabel={pinLabel} onMove={([lng, lat]) => onMove({ lat, lng })} />;
}

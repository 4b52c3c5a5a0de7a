/** A page with nothing but a map, for its browser tests: the properties are set by `showMap`. */
import "@supportcarr/ui/theme.css";

import { type LngLat, MapView, type MapViewProps } from "@supportcarr/map/MapView";
import { createRoot } from "react-dom/client";

declare global {
  interface Window {
    showMap: (props: Partial<MapViewProps> & { movable?: boolean }) => void;
    mapMoves: LngLat[];
  }
}

const LABEL = "Where Sam is";
const root = createRoot(document.getElementById("root") ?? document.body);
window.mapMoves = [];
window.showMap = ({ movable = false, ...props }) => {
  root.render(
    <div style={{ position: "fixed", inset: 0 }}>
      <MapView label={LABEL} {...props} {...(movable ? { onMove: (center: LngLat) => void window.mapMoves.push(center) } : {})} />
    </div>,
  );
};

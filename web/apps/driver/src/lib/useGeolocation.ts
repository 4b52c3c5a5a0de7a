import { create } from "zustand";

export interface Fix {
  lat: number;
  lng: number;
  /** Radius in metres within which the device probably is. */
  accuracy: number;
  heading: number | null;
  /** Metres per second. */
  speed: number | null;
}

/** `denied`: the person or the browser does not allow it; `failed`: the device does not know. */
export type LocationState = "off" | "asking" | "found" | "denied" | "failed";

/** Where the phone is, as long as somebody watches; `pretended`: a demo says so. */
export const useLocation = create<{ state: LocationState; fix: Fix | null; pretended: boolean }>(() => ({ state: "off", fix: null, pretended: false }));

const DENIED = 1;
const LOST_MS = 30_000; // a reading may fail now and then
const STANDING_MS = 120_000; // a phone that lies still may give the same reading again
const OPTIONS: PositionOptions = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 0 };

const toFix = ({ coords }: GeolocationPosition): Fix => ({ lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy, heading: coords.heading, speed: coords.speed });

/**
 * Watches the position, and asks for it again if nothing came for `intervalMs` (a phone that lies still says
 * nothing).  A position that is not `accepted` is ignored.  Returns the function that stops it.
 */
export function watchLocation(intervalMs: number, onFix: (fix: Fix) => void, accepted: (fix: Fix) => boolean = () => true): () => void {
  if (!("geolocation" in navigator)) {
    useLocation.setState({ state: "failed" });
    return () => undefined;
  }
  let told = 0;
  let foundAt = 0;
  const found = (position: GeolocationPosition) => {
    const fix = toFix(position);
    if (!accepted(fix)) return;
    foundAt = Date.now();
    useLocation.setState({ state: "found", fix });
    if (Date.now() - told < intervalMs * 0.8) return;
    told = Date.now();
    onFix(fix);
  };
  const failed = ({ code }: GeolocationPositionError) => {
    if (code === DENIED) useLocation.setState({ state: "denied" });
    else if (Date.now() - foundAt > LOST_MS) useLocation.setState({ state: "failed" });
  };
  if (useLocation.getState().state === "off") useLocation.setState({ state: "asking" });
  const watch = navigator.geolocation.watchPosition(found, failed, OPTIONS);
  const timer = setInterval(() => {
    if (Date.now() - told >= intervalMs) navigator.geolocation.getCurrentPosition(found, failed, { ...OPTIONS, maximumAge: STANDING_MS });
  }, intervalMs);
  return () => {
    navigator.geolocation.clearWatch(watch);
    clearInterval(timer);
  };
}

import { useCallback, useEffect, useState } from "react";

export interface Fix {
  lat: number;
  lng: number;
  /** Radius in metres within which the device probably is. */
  accuracy: number;
}

export type Geolocation =
  | { state: "asking" }
  | { state: "found"; fix: Fix }
  /** `denied`: the person or the browser does not allow it; `failed`: the device does not know. */
  | { state: "denied" | "failed"; fix?: undefined };

const DENIED = 1;
const TIMEOUT_MS = 15_000;

/** Where the device is, watched while the component is mounted; `retry` asks again. */
export function useGeolocation(): { location: Geolocation; retry: () => void } {
  const [location, setLocation] = useState<Geolocation>({ state: "asking" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!("geolocation" in navigator)) {
      setLocation({ state: "failed" });
      return;
    }
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => setLocation({ state: "found", fix: { lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy } }),
      ({ code }) => setLocation((before) => (before.state === "found" ? before : { state: code === DENIED ? "denied" : "failed" })),
      { enableHighAccuracy: true, timeout: TIMEOUT_MS, maximumAge: 5_000 },
    );
    return () => navigator.geolocation.clearWatch(watch);
  }, [attempt]);
  const retry = useCallback(() => {
    setLocation({ state: "asking" });
    setAttempt((count) => count + 1);
  }, []);
  return { location, retry };
}

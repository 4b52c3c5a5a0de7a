export type MapsApp = "phone" | "google" | "apple" | "waze";

interface Point {
  lat: number;
  lng: number;
}

const LINKS: Record<MapsApp, (at: string) => string> = {
  phone: (at) => `geo:${at}?q=${at}`,
  google: (at) => `https://www.google.com/maps/dir/?api=1&travelmode=driving&destination=${encodeURIComponent(at)}`,
  apple: (at) => `https://maps.apple.com/?dirflg=d&daddr=${encodeURIComponent(at)}`,
  waze: (at) => `https://waze.com/ul?navigate=yes&ll=${encodeURIComponent(at)}`,
};

/** The address that opens directions to a point in a maps app. */
export const mapsLink = (app: MapsApp, { lat, lng }: Point): string => LINKS[app](`${lat.toFixed(6)},${lng.toFixed(6)}`);

/** The apps that a phone may have; `geo:` is known to Android, Apple's maps to Apple's devices. */
export function mapsApps(userAgent: string): readonly MapsApp[] {
  if (/iPhone|iPad|Macintosh/.test(userAgent)) return ["apple", "google", "waze"];
  return /Android/.test(userAgent) ? ["phone", "google", "waze"] : ["google", "apple", "waze"];
}

import type { MarkerKind } from "./types.ts";

const INK = "#0b2b2f";
const TEAL = "#0f766e";
const AMBER = "#f59e0b";
const PIN = "M20 50 8.6 32.6a14 14 0 1 1 22.8 0Z";

const pin = (colour: string, symbol: string) => `<path d="${PIN}" fill="${colour}" stroke="#fff" stroke-width="2.5" stroke-linejoin="round"/>${symbol}`;
const svg = (size: [number, number], body: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size[0]} ${size[1]}">${body}</svg>`;

/** The drawing of each kind: the truck from above and facing north, the others as pins whose tip is at the bottom. */
const DRAWINGS: Record<MarkerKind, string> = {
  truck: svg(
    [44, 44],
    `<path d="M22 2.5 33 12v26a3.5 3.5 0 0 1-3.5 3.5h-15A3.5 3.5 0 0 1 11 38V12Z" fill="${AMBER}" stroke="#fff" stroke-width="4.5" stroke-linejoin="round"/>` +
      `<path d="M22 2.5 33 12v26a3.5 3.5 0 0 1-3.5 3.5h-15A3.5 3.5 0 0 1 11 38V12Z" fill="${AMBER}" stroke="${INK}" stroke-width="2" stroke-linejoin="round"/>` +
      `<path d="M14.5 15.5h15l-1.6 4.5H16.1Z" fill="${INK}"/>` +
      `<rect x="14.5" y="23" width="15" height="15" rx="1.5" fill="none" stroke="${INK}" stroke-width="1.8"/><circle cx="22" cy="30.5" r="4.2" fill="none" stroke="${INK}" stroke-width="1.8"/>`,
  ),
  rider: svg(
    [40, 52],
    pin(TEAL, `<circle cx="14.6" cy="25.5" r="4.4" fill="none" stroke="#fff" stroke-width="2"/><circle cx="25.4" cy="25.5" r="4.4" fill="none" stroke="#fff" stroke-width="2"/><path d="M14.6 25.5 18 18.5h5l2.4 7M18 18.5h-2" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`),
  ),
  dropoff: svg([40, 52], pin(INK, '<path d="M15 31V14.5m0 .8h11l-2.6 4 2.6 4H15" fill="#fff" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>')),
  place: svg([40, 52], pin("#fff", `<path d="${PIN}" fill="#fff" stroke="${TEAL}" stroke-width="2.5"/><circle cx="20" cy="24" r="5" fill="${TEAL}"/>`)),
  pin: svg([40, 52], pin(TEAL, '<circle cx="20" cy="24" r="5.5" fill="#fff"/>')),
};

/** The drawing as an element, which is parsed as XML: nothing in it can be a script. */
export function drawingOf(kind: MarkerKind): Element {
  const parsed = new DOMParser().parseFromString(DRAWINGS[kind], "image/svg+xml");
  return document.importNode(parsed.documentElement, true);
}

/** The element of a marker.  It is hidden from screen readers, which read the list of markers beside the map. */
export function markerElement(kind: MarkerKind): HTMLElement {
  const element = document.createElement("div");
  element.className = `sc-marker sc-marker-${kind}`;
  element.setAttribute("aria-hidden", "true");
  element.append(drawingOf(kind));
  return element;
}

import type { SavedPlace } from "./api/types.ts";
import type { FoundPlace } from "./api/geocoding.ts";
import type { Spot } from "./requestSteps.ts";

const MAX_ADDRESS = 200;

export const spotOfPlace = ({ lat, lng, name, address }: SavedPlace): Spot => ({ lat, lng, address: (address || name).slice(0, MAX_ADDRESS) });

export const spotOfFound = ({ lat, lng, label, detail }: FoundPlace): Spot => ({ lat, lng, address: [label, detail].filter(Boolean).join(", ").slice(0, MAX_ADDRESS) });

const folded = (text: string): string => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

/** The saved places that match what was typed, by name or address; all of them if nothing was. */
export const matchingPlaces = (places: readonly SavedPlace[], entered: string): SavedPlace[] => {
  const words = folded(entered).split(/\s+/).filter(Boolean);
  return places.filter(({ name, address }) => words.every((word) => folded(`${name} ${address ?? ""}`).includes(word)));
};

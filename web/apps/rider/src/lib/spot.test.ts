import { expect, test } from "vitest";

import { matchingPlaces } from "./spot.ts";

const place = (name: string, address: string | null) => ({ id: name, name, address, lat: 45, lng: -73 });
const PLACES = [place("Maison", "12 rue Évangéline"), place("Work", null)];

test("places are found by any of their words, whatever the accents", () => {
  expect(matchingPlaces(PLACES, "evangel maison").map(({ name }) => name)).toEqual(["Maison"]);
  expect(matchingPlaces(PLACES, "").length).toBe(2);
  expect(matchingPlaces(PLACES, "school")).toEqual([]);
});

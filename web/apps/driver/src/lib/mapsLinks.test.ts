import { expect, test } from "vitest";

import { mapsApps, mapsLink } from "./mapsLinks.ts";

const PLACE = { lat: 45.5219, lng: -73.5937 };

test.each([
  ["phone", "geo:45.521900,-73.593700?q=45.521900,-73.593700"],
  ["google", "https://www.google.com/maps/dir/?api=1&travelmode=driving&destination=45.521900%2C-73.593700"],
  ["apple", "https://maps.apple.com/?dirflg=d&daddr=45.521900%2C-73.593700"],
  ["waze", "https://waze.com/ul?navigate=yes&ll=45.521900%2C-73.593700"],
] as const)("%s opens %s", (app, link) => expect(mapsLink(app, PLACE)).toBe(link));

test("a phone is offered the apps that it may have", () => {
  expect(mapsApps("Mozilla/5.0 (Linux; Android 14)")[0]).toBe("phone");
  expect(mapsApps("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)")).not.toContain("phone");
});

import type { Area } from "../area.ts";

/** A service area for tests. */
export const MONTREAL: Area = {
  id: "montreal",
  name: "Montréal",
  timezone: "America/Toronto",
  currency: "CAD",
  boundary: [
    [-73.75, 45.44],
    [-73.5, 45.44],
    [-73.5, 45.62],
    [-73.75, 45.62],
    [-73.75, 45.44],
  ],
};

import { expect, test } from "vitest";

import { dayOf } from "./days.ts";

test.each([
  ["2026-03-02T23:30:00Z", "America/Montreal", "2026-03-02"],
  ["2026-03-03T03:30:00Z", "America/Montreal", "2026-03-02"],
  ["2026-03-03T05:00:00Z", "America/Montreal", "2026-03-03"],
  ["2026-12-31T23:30:00Z", "Europe/Andorra", "2027-01-01"],
])("the day of %s in %s is %s", (at, zone, day) => expect(dayOf(Date.parse(at), zone)).toBe(day));

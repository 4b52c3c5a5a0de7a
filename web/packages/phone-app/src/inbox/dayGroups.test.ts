import { expect, test } from "vitest";

import { dayGroups } from "./dayGroups.ts";

test("items of one day of the zone are together, in their order", () => {
  const items = ["2026-03-03T03:10:00Z", "2026-03-02T15:00:00Z", "2026-03-02T04:59:00Z"].map((at) => ({ at }));
  expect(dayGroups(items, "America/Toronto").map(({ day, items: of }) => [day, of.length])).toEqual([
    ["2026-03-02", 2],
    ["2026-03-01", 1],
  ]);
  expect(dayGroups(items, "UTC").map(({ day, items: of }) => [day, of.length])).toEqual([
    ["2026-03-03", 1],
    ["2026-03-02", 2],
  ]);
  expect(dayGroups([], "UTC")).toEqual([]);
});

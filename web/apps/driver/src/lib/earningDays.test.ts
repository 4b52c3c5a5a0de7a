import { expect, test } from "vitest";

import type { Earning } from "./api/types.ts";
import { earningDays } from "./earningDays.ts";

const earning = (at: string, amount_minor: number, currency = "CAD"): Earning => ({ rescue_id: "res_1", kind: "fare", amount_minor, currency, at });

test("a day is the city's, not the device's", () => {
  const days = earningDays([earning("2026-03-03T03:00:00Z", 1_000), earning("2026-03-02T20:00:00Z", 500), earning("2026-03-03T20:00:00Z", 250)], "America/Toronto");
  expect(days.map(({ day, amountMinor }) => [day, amountMinor])).toEqual([
    ["2026-03-03", 250],
    ["2026-03-02", 1_500],
  ]);
});

test("currencies are not added up", () => expect(earningDays([earning("2026-03-03T12:00:00Z", 1), earning("2026-03-03T12:00:00Z", 2, "USD")], "UTC")).toHaveLength(2));

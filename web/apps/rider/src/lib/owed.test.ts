import { expect, test } from "vitest";

import type { Rescue } from "./api/types.ts";
import { owedBy } from "./owed.ts";

const quote = { id: "quo_1", items: [], total_minor: 2_000, currency: "CAD" } as unknown as Rescue["quote"];

test.each<[Rescue["status"], number | null, number | null]>([
  ["en_route", null, 2_000],
  ["completed", 1_500, 1_500],
  ["cancelled", 700, 700],
  ["cancelled", 0, null],
  ["unserved", 0, null],
  ["unserved", null, null],
  ["rejected", null, null],
])("%s with the price %s costs %s", (status, price_minor, owed) => expect(owedBy({ status, price_minor, quote })).toBe(owed));

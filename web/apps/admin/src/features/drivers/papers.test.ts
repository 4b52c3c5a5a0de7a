import { describe, expect, it } from "vitest";

import { comparePapers, endOf } from "./papers.ts";

const PAPERS = { licence_class: "5", licence_expires_on: "2027-03-02", insurer: "Desjardins", insurance_expires_on: "2026-03-20", applied_at: null };
const TODAY = "2026-03-02";

describe("a driver's papers", () => {
  it("are those that count while nothing else was stated", () => {
    expect(comparePapers(PAPERS, null, TODAY).map(({ current, stated, changed, end }) => [current, stated, changed, end])).toEqual([
      ["5", null, false, null],
      ["Mar 2, 2027", null, false, null],
      ["Desjardins", null, false, null],
      ["Mar 20, 2026", null, false, "soon"],
    ]);
  });

  it("stand beside what was stated since, with what differs, and how that ends", () => {
    const stated = { ...PAPERS, insurer: "Intact", insurance_expires_on: "2026-03-01" };
    expect(comparePapers(PAPERS, stated, TODAY).slice(2)).toEqual([
      { name: "Insurer", current: "Desjardins", stated: "Intact", changed: true, end: null },
      { name: "Insurance valid until", current: "Mar 20, 2026", stated: "Mar 1, 2026", changed: true, end: "over" },
    ]);
  });
});

it.each([
  ["2026-03-01", "over"],
  ["2026-03-02", "soon"],
  ["2026-03-31", "soon"],
  ["2026-04-01", null],
] as const)("a paper that ends on %s is %s on 2 March", (endsOn, end) => {
  expect(endOf(endsOn, TODAY)).toBe(end);
});

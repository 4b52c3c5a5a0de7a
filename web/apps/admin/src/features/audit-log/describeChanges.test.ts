import { expect, it } from "vitest";

import { describeChanges } from "./describeChanges.ts";

it("says what each figure was and is", () => {
  expect(describeChanges({ before: { roles: ["rider"], banned: false }, after: { roles: ["rider", "support"], banned: true } })).toEqual([
    "Roles: rider → rider, support",
    "Banned: no → yes",
  ]);
});

it("says what there is if nothing was before, and what is gone", () => {
  expect(describeChanges({ before: { note: "x" }, after: { amount_minor: 500 } })).toEqual(["Note: x → nothing", "Amount minor: 500"]);
  expect(describeChanges({})).toEqual([]);
});

import { expect, it } from "vitest";

import { describeChanges } from "./describeChanges.ts";

it("says what each figure was and is", () => {
  expect(describeChanges({ before: { roles: ["rider"], banned: false }, after: { roles: ["rider", "support"], banned: true } })).toEqual([
    "Roles: rider → rider, support",
    "Banned: no → yes",
  ]);
});

it("leaves out what an action did not change, and shows times as people read them", () => {
  const changes = describeChanges({
    before: { online: false, state: "submitted", documents_until: "2028-01-04T05:00:00+00:00" },
    after: { online: false, state: "approved", documents_until: "2029-01-04T05:00:00+00:00" },
  });
  expect(changes).toHaveLength(2);
  expect(changes[0]).toBe("State: submitted → approved");
  expect(changes[1]).toMatch(/^Documents until: Jan \d, 2028, \d\d:\d\d → Jan \d, 2029, \d\d:\d\d$/);
});

it("says what there is if nothing was before, and what is gone", () => {
  expect(describeChanges({ before: { note: "x" }, after: { amount_minor: 500 } })).toEqual(["Note: x → nothing", "Amount minor: 500"]);
  expect(describeChanges({})).toEqual([]);
});

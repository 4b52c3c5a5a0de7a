import { expect, test } from "vitest";

import { merged } from "./merged.ts";

test("groups have the keys of both", () => {
  expect(merged({ tabs: { label: "Tabs" }, help: { title: "Help" } }, { tabs: { home: "Home" }, offer: "Offer" })).toEqual({ tabs: { label: "Tabs", home: "Home" }, help: { title: "Help" }, offer: "Offer" });
});

import { expect, test } from "vitest";

import { readToken } from "../token.ts";
import { nextAsk, type SharedRescue } from "./sharedRescue.ts";

const shared = (status: SharedRescue["status"]) => ({ status }) as SharedRescue;
const gone = { status: 404, code: "not_found", title: "", detail: "" };

test("the page asks every few seconds while the rescue is live, and no more once it or the link has ended", () => {
  expect(nextAsk(shared("en_route"), null)).toBe(4_000);
  expect(nextAsk(shared("scheduled"), null)).toBe(20_000);
  expect(nextAsk(undefined, null)).toBe(4_000);
  expect(nextAsk(shared("completed"), null)).toBe(false);
  expect(nextAsk(shared("en_route"), gone)).toBe(false);
});

test("the token is what follows the number sign", () => {
  expect(readToken("#abc_-1")).toBe("abc_-1");
  expect(readToken("")).toBe("");
});

import { expect, test } from "vitest";

import { pageWithReturn, returnedFrom } from "./cardPage.ts";

test("the way back is part of the fragment, so that no server sees it with the secret", () => {
  const url = new URL(pageWithReturn("http://127.0.0.1:8002/sandbox/card#seti_1_secret_2", "http://localhost:8000/cards?a=1"));
  expect(url.search).toBe("");
  expect(new URLSearchParams(`secret=${url.hash.slice(1)}`).get("return")).toBe("http://localhost:8000/cards?a=1");
});

test.each([
  ["", null],
  ["?tab=2", null],
  ["?redirect_status=succeeded", null],
  ["?setup_intent=seti_1&redirect_status=succeeded", { setupIntent: "seti_1", succeeded: true, rest: "" }],
  ["?a=1&setup_intent=seti_1&setup_intent_client_secret=x&redirect_status=failed", { setupIntent: "seti_1", succeeded: false, rest: "?a=1" }],
  ["?payment_intent=pi_1&redirect_status=succeeded", { setupIntent: null, succeeded: true, rest: "" }],
])("of %j is known %j", (search, expected) => expect(returnedFrom(search)).toEqual(expected));

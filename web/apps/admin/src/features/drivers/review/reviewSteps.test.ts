import { describe, expect, it } from "vitest";

import type { DriverCheck, ReviewDocument } from "../../../lib/api/types.ts";
import { blockersOf, inOrder, isRenewal, keyOf, neighbour, neighbourInQueue, nextStep, stepOf, uncheckedOf } from "./reviewSteps.ts";

const document = (id: string, kind: string, state: string) => ({ id, kind, state }) as ReviewDocument;

const PAPERS = [document("doc_i", "insurance", "pending"), document("doc_l", "licence", "pending"), document("doc_v", "vehicle_photo", "approved")];

describe("the review of an application", () => {
  it("goes through the documents by kind", () => {
    expect(inOrder(PAPERS).map(({ id }) => id)).toEqual(["doc_l", "doc_i", "doc_v"]);
  });

  it("begins with the first document that waits for a decision, and goes on after each", () => {
    expect(keyOf(stepOf(PAPERS, null))).toBe("doc_l");
    expect(keyOf(nextStep(PAPERS, "doc_l"))).toBe("doc_i");
  });

  it("comes back to a document that was passed over, and then to the driver", () => {
    expect(keyOf(nextStep(PAPERS, "doc_i"))).toBe("doc_l");
    expect(keyOf(nextStep([document("doc_l", "licence", "approved")], "doc_l"))).toBe("driver");
    expect(keyOf(stepOf([], null))).toBe("driver");
  });

  it("shows what was chosen, if it is still there", () => {
    expect(keyOf(stepOf(PAPERS, "doc_v"))).toBe("doc_v");
    expect(keyOf(stepOf(PAPERS, "driver"))).toBe("driver");
    expect(keyOf(stepOf(PAPERS, "doc_gone"))).toBe("doc_l");
  });

  it("moves among the documents and the driver, and stops at the ends", () => {
    const at = (id: string) => stepOf(PAPERS, id);
    expect(keyOf(neighbour(PAPERS, at("doc_l"), -1))).toBe("doc_l");
    expect(keyOf(neighbour(PAPERS, at("doc_l"), 1))).toBe("doc_i");
    expect(keyOf(neighbour(PAPERS, at("doc_v"), 1))).toBe("driver");
    expect(keyOf(neighbour(PAPERS, at("driver"), 1))).toBe("driver");
  });

  it("says what stands against an approval", () => {
    expect(blockersOf(PAPERS, ["vehicle", "licence"])).toEqual(["licence", "insurance", "vehicle"]);
    expect(blockersOf([document("a", "licence", "approved")], ["documents.registration"])).toEqual(["registration"]);
    expect(blockersOf([document("a", "licence", "approved")], [])).toEqual([]);
  });

  it("lets the approved document count while a newer one is refused, but not while that waits", () => {
    const renewed = (state: string) => [document("a", "licence", "approved"), document("b", "licence", state)];
    expect(blockersOf(renewed("rejected"), [])).toEqual([]);
    expect(blockersOf(renewed("pending"), [])).toEqual(["licence"]);
    expect(renewed("pending").map((one, _place, all) => isRenewal(all, one))).toEqual([false, true]);
  });
});

it("asks for a reason while a check is not clear, but not of a driver who is approved", () => {
  const check = (outcome: DriverCheck["outcome"]): DriverCheck => ({ kind: "identity", outcome, detail: null, at: null });
  const checks = (["clear", "not_configured", "pending", "consider", "failed"] as const).map(check);
  expect(uncheckedOf({ state: "pending", attention: ["application"], checks }).map(({ outcome }) => outcome)).toEqual(["pending", "consider", "failed"]);
  expect(uncheckedOf({ state: "approved", attention: ["papers"], checks })).toEqual([]);
  expect(uncheckedOf({ state: "approved", attention: ["check"], checks })).toHaveLength(3); // one ended after the approval
  expect(uncheckedOf({ state: "pending", attention: [], checks: null })).toEqual([]);
});

it("goes round the queue, and begins anew beside an application that is not in it", () => {
  const queue = [{ id: "a" }, { id: "b" }, { id: "c" }];
  const ids = (current: string, by: 1 | -1) => neighbourInQueue(queue, current, by)?.id;
  expect([ids("a", 1), ids("c", 1), ids("a", -1), ids("gone", 1), ids("gone", -1)]).toEqual(["b", "a", "c", "a", "c"]);
  expect(neighbourInQueue([{ id: "a" }], "a")).toBeUndefined();
  expect(neighbourInQueue([] as { id: string }[], "a")).toBeUndefined();
});

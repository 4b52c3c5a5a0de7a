import { expect, test } from "vitest";

import { mayRetry, sendable, statusWith, type Step } from "./steps.ts";

const step = (id: string, kind: Step["kind"], rest: Partial<Step> = {}): Step => ({ id, rescueId: "res_1", kind, happenedAt: "2026-01-01T10:00:00Z", body: {}, ...rest });

test("a job stands where the driver's own steps have led it", () => {
  const rescue = { id: "res_1", status: "assigned" } as const;
  expect(statusWith(rescue, [])).toBe("assigned");
  expect(statusWith(rescue, [step("a", "departure"), step("b", "arrival"), step("c", "photo")])).toBe("arrived");
  expect(statusWith(rescue, [step("a", "departure", { rescueId: "res_2" })])).toBe("assigned");
  expect(statusWith(rescue, [step("a", "departure"), step("b", "arrival", { refused: { code: "too_far_from_pickup", detail: "" } })])).toBe("en_route");
});

test("steps of a job are sent one after another, and none after one that was refused", () => {
  const refused = { code: "illegal_transition", detail: "" };
  const steps = [step("a", "departure"), step("b", "arrival"), step("c", "start", { rescueId: "res_2", refused }), step("d", "completion", { rescueId: "res_2" })];
  expect(sendable(steps).map(({ id }) => id)).toEqual(["a"]);
});

test.each([
  [0, true],
  [503, true],
  [429, true],
  [401, true],
  [409, false],
  [422, false],
])("after the status %d a step is kept: %s", (status, kept) => expect(mayRetry(status)).toBe(kept));

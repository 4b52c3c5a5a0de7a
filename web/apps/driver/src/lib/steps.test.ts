import { expect, test } from "vitest";

import { statusWith } from "./steps.ts";

type Step = Parameters<typeof statusWith>[1][number];

const step = (kind: string, { subject = "res_1", state = "queued", waited = true }: Partial<Step> = {}): Step => ({ subject, kind, state, waited });

test("a job stands where the driver's own steps have led it", () => {
  const rescue = { id: "res_1", status: "assigned" } as const;
  expect(statusWith(rescue, [])).toBe("assigned");
  expect(statusWith(rescue, [step("departure"), step("arrival"), step("photo")])).toBe("arrived");
  expect(statusWith(rescue, [step("departure", { subject: "res_2" })])).toBe("assigned");
  expect(statusWith(rescue, [step("departure"), step("arrival", { state: "failed" })])).toBe("en_route");
});

test("a step that is tried for the first time leads nowhere yet, one behind a step that waits does", () => {
  const rescue = { id: "res_1", status: "arrived" } as const;
  expect(statusWith(rescue, [step("start", { state: "sending", waited: false })])).toBe("arrived");
  expect(statusWith(rescue, [step("start"), step("completion", { state: "saved", waited: false })])).toBe("completed");
  expect(statusWith(rescue, [step("start", { state: "sending" })])).toBe("in_transit");
  expect(statusWith(rescue, [step("photo"), step("start", { state: "sending", waited: false })])).toBe("arrived");
});

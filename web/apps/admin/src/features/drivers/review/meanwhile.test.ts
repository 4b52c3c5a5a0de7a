import { expect, it } from "vitest";

import type { DriverRow } from "../../../lib/api/types.ts";
import { describeMeanwhile } from "./meanwhile.ts";

const driver = (changes: Partial<DriverRow>) => ({ id: "usr_1", application_state: "submitted", decision: null, ...changes }) as DriverRow;
const rejected = { state: "rejected" as const, reason: "Not insured.", fields: [], at: "2026-03-02T09:30:00Z" };

it("says what another operator has decided, and why", () => {
  expect(describeMeanwhile(driver({}), driver({ application_state: "rejected", decision: rejected }))).toMatch(/^Another operator has decided meanwhile \(.*\): Rejected\. Reason: Not insured\. Your decision was not saved\.$/);
});

it("says that the driver has changed something, if nobody has decided", () => {
  expect(describeMeanwhile(driver({ decision: rejected }), driver({ decision: rejected }))).toBe("The driver has changed the application meanwhile. Look at it again. Your decision was not saved.");
});

it("says the state, if that is all that has changed", () => {
  expect(describeMeanwhile(driver({}), driver({ application_state: "in_review" }))).toBe("The application is “In review” now. Your decision was not saved.");
});

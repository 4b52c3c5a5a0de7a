import { expect, it } from "vitest";

import type { DriverRow, ReviewDocument } from "../../lib/api/types.ts";
import { applicationDecisions, canBeSuspended, hasPapersToReview } from "./decisions.ts";

const driver = (changes: Partial<DriverRow> = {}) => ({ application_state: "suspended", attention: [], review: null, uploaded_documents: [], ...changes }) as unknown as DriverRow;
const document = (state: string) => ({ id: "doc_1", kind: "licence", state }) as ReviewDocument;

it("leaves a suspended driver's documents to be reviewed, and no decision but the end of the suspension", () => {
  expect(applicationDecisions(driver())).toEqual([]);
  expect(hasPapersToReview(driver())).toBe(false);
  expect(hasPapersToReview(driver({ uploaded_documents: null }))).toBe(false);
  expect(hasPapersToReview(driver({ uploaded_documents: [document("approved")] }))).toBe(false);
  expect(hasPapersToReview(driver({ uploaded_documents: [document("approved"), document("pending")] }))).toBe(true);
  expect(hasPapersToReview(driver({ review: {} as NonNullable<DriverRow["review"]> }))).toBe(true);
});

it("offers the suspension of an approved driver alone: an applicant is rejected", () => {
  const states = ["draft", "submitted", "in_review", "changes_requested", "rejected", "approved", "suspended"] as const;
  expect(states.filter((application_state) => canBeSuspended(driver({ application_state })))).toEqual(["approved", "suspended"]);
  expect(states.filter((application_state) => applicationDecisions(driver({ application_state })).includes("reject"))).toEqual(["draft", "submitted", "in_review", "changes_requested"]);
});

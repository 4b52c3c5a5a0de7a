import { expect, it } from "vitest";

import type { DriverRow, ReviewDocument } from "../../../lib/api/types.ts";
import { describeDocumentMeanwhile, describeMeanwhile } from "./meanwhile.ts";

const driver = (changes: Partial<DriverRow>) => ({ id: "usr_1", application_state: "submitted", decision: null, attention: ["application"], ...changes }) as DriverRow;
const rejected = { state: "rejected" as const, reason: "Not insured.", fields: [], at: "2026-03-02T09:30:00Z" };

it("says what another operator has decided, and why", () => {
  expect(describeMeanwhile(driver({}), driver({ application_state: "rejected", decision: rejected }))).toMatch(/^Another operator has decided meanwhile \(.*\): Rejected\. Reason: Not insured\. Your decision was not saved\.$/);
});

it("says that the driver has changed something, if nobody has decided", () => {
  expect(describeMeanwhile(driver({ decision: rejected }), driver({ decision: rejected }))).toBe("The driver has changed the application meanwhile. Look at it again. Your decision was not saved.");
});

it("says that a check has ended", () => {
  expect(describeMeanwhile(driver({}), driver({ attention: ["application", "check"] }))).toBe("A check of the driver has ended meanwhile and is not clear. Look at it. Your decision was not saved.");
});

it("says the state, if that is all that has changed", () => {
  expect(describeMeanwhile(driver({}), driver({ application_state: "in_review" }))).toBe("The application is “In review” now. Your decision was not saved.");
});

const document = (changes: Partial<ReviewDocument> = {}) => ({ id: "doc_1", kind: "licence", state: "pending", version: 2, ...changes }) as ReviewDocument;
const withDocuments = (...documents: ReviewDocument[]) => driver({ uploaded_documents: documents });

it("says what another operator has decided about a document", () => {
  const now = document({ state: "rejected", version: 3, reason: "Too dark." });
  expect(describeDocumentMeanwhile(document(), withDocuments(now))).toBe("Another operator has decided about this document meanwhile: Rejected. Reason: Too dark. Your decision was not saved.");
});

it("says that a document does not count any more", () => {
  const sentence = "This document was replaced or has ended meanwhile. Look at the application again. Your decision was not saved.";
  expect(describeDocumentMeanwhile(document(), withDocuments())).toBe(sentence);
  expect(describeDocumentMeanwhile(document({ state: "approved" }), withDocuments(document({ state: "expired", version: 4 })))).toBe(sentence);
});

it("says nothing of a document that is as it was", () => {
  expect(describeDocumentMeanwhile(document(), withDocuments(document()))).toBeNull();
});

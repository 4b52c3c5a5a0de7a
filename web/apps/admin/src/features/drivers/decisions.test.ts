import { expect, it } from "vitest";

import type { DriverRow, ReviewDocument } from "../../lib/api/types.ts";
import { applicationDecisions, hasPapersToReview } from "./decisions.ts";

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

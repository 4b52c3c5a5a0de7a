import { expect, test } from "vitest";

import type { DriverDocument } from "./api/types.ts";
import { endingPapers, expiryOf } from "./expiry.ts";

const TODAY = "2026-06-01";
const document = (kind: DriverDocument["kind"], state: DriverDocument["state"], expires_on: string, uploaded_at = "2026-01-01T00:00:00Z") => ({ kind, state, expires_on, uploaded_at }) as DriverDocument;
const papers = (...documents: DriverDocument[]) => ({ documents, licence_expires_on: "2030-01-01", insurance_expires_on: "2026-06-20" });

test("a paper counts through its last day", () => {
  expect(expiryOf(papers(document("licence", "approved", "2026-06-01")), "licence", TODAY)?.state).toBe("soon");
  expect(expiryOf(papers(document("licence", "expired", "2026-05-31")), "licence", TODAY)?.state).toBe("over");
  expect(expiryOf(papers(document("licence", "approved", "2026-07-02")), "licence", TODAY)?.state).toBe("valid");
});

test("without a document the stated day counts, and a photo does not end", () => {
  expect(expiryOf(papers(), "insurance", TODAY)).toEqual({ kind: "insurance", on: "2026-06-20", state: "soon" });
  expect(expiryOf(papers(), "profile_photo", TODAY)).toBeNull();
});

test("papers that end are named, the first to end first, unless a newer one is being checked", () => {
  const licence = document("licence", "approved", "2026-06-05");
  expect(endingPapers(papers(licence), TODAY).map(({ kind }) => kind)).toEqual(["licence", "insurance"]);
  const renewed = document("licence", "pending", "2031-06-05", "2026-05-30T00:00:00Z");
  expect(endingPapers(papers(licence, renewed), TODAY).map(({ kind }) => kind)).toEqual(["insurance"]);
});

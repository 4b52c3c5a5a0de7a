import { expect, test } from "vitest";

import type { DriverApplication, DriverDocument } from "./api/types.ts";
import { isSubmittable, latestOf, stateOfDocument } from "./applicationSteps.ts";

const document = (state: DriverDocument["state"], uploaded_at: string) => ({ kind: "licence", state, uploaded_at }) as DriverDocument;

test("the newest document of a kind counts", () => {
  const documents = [document("rejected", "2026-01-02T00:00:00Z"), document("pending", "2026-01-03T00:00:00Z")];
  expect(latestOf(documents, "licence")?.state).toBe("pending");
  expect(stateOfDocument({ documents, missing: ["documents.licence"] }, "licence")).toBe("pending");
  expect(stateOfDocument({ documents, missing: ["documents.insurance"] }, "insurance")).toBe("missing");
  expect(stateOfDocument({ documents, missing: [] }, "profile_photo")).toBe("optional");
});

test.each([
  ["draft", [], true],
  ["changes_requested", [], true],
  ["draft", ["vehicle"], false],
  ["submitted", [], false],
] as const)("a %s application that lacks %j can be submitted: %s", (state, missing, submittable) =>
  expect(isSubmittable({ state, missing } as unknown as DriverApplication)).toBe(submittable),
);

import type { DriverRow } from "../../lib/api/types.ts";

/** What an operator may decide about an application. */
export type ApplicationDecision = "approve" | "changes" | "reject";

/** What an operator may decide about the application now; the same as the state machine of the platform. */
export function applicationDecisions({ application_state, review, attention }: Pick<DriverRow, "application_state" | "review" | "attention">): readonly ApplicationDecision[] {
  switch (application_state) {
    case "submitted":
    case "in_review":
    case "changes_requested":
      return ["approve", "changes", "reject"];
    case "approved":
      if (review) return ["approve", "changes"];
      return attention.includes("check") ? ["approve"] : [];
    case "rejected":
      return ["approve", "changes"];
    case "draft":
      return ["approve", "reject"];
    case "suspended":
      return [];
  }
}

/** Whether the driver can be suspended, or the suspension ended: an applicant is rejected instead. */
export const canBeSuspended = ({ application_state }: Pick<DriverRow, "application_state">): boolean =>
  application_state === "approved" || application_state === "suspended";

/** Whether no operator has decided yet about something that the driver has entered since the approval, or uploaded. */
export const hasPapersToReview = ({ review, uploaded_documents }: Pick<DriverRow, "review" | "uploaded_documents">): boolean =>
  review !== null || (uploaded_documents ?? []).some(({ state }) => state === "pending");

import type { Tone } from "@supportcarr/ui/Badge";

import type { DriverRow, ReviewDocument } from "../../lib/api/types.ts";

/** The tone of each state of an application. */
export const STATE_TONES: Record<DriverRow["application_state"], Tone> = {
  draft: "neutral",
  submitted: "info",
  in_review: "info",
  changes_requested: "warning",
  approved: "success",
  rejected: "danger",
  suspended: "danger",
};

/** The tone of each state of an uploaded document. */
export const DOCUMENT_TONES: Record<ReviewDocument["state"], Tone> = { approved: "success", pending: "info", rejected: "danger", expired: "warning", replaced: "neutral" };

import { toProblem } from "@supportcarr/client/http";

import type { DriverRow, ReviewDocument } from "../../../lib/api/types.ts";
import { formatDateTime } from "../../../lib/format.ts";
import { texts } from "../../../lib/texts.ts";

const text = texts.review.meanwhile;

/** A decision that was not taken, because the application is not what the operator had before them any more. */
export class ChangedMeanwhile extends Error {
  constructor(readonly sentence: string) {
    super(sentence);
  }
}

/** For forms: what happened meanwhile, in place of the problem of the platform. */
export const describeConflict = (error: unknown): string | null => (error instanceof ChangedMeanwhile ? error.sentence : null);

/** Whether a decision was refused because of what happened to the application meanwhile. */
export const isConflict = (error: unknown): boolean => ["stale_version", "illegal_transition"].includes(toProblem(error).code);

/** What happened to a driver's application between two versions of it; unless `saved`, it says that the decision was not. */
export function describeMeanwhile(before: DriverRow, now: DriverRow, saved = false): string {
  return [...whatHappened(before, now), saved ? "" : text.notSaved].filter(Boolean).join(" ");
}

/** What happened to a document since it was shown, if a decision about it was refused; `null`: nothing. */
export function describeDocumentMeanwhile(before: ReviewDocument, { uploaded_documents }: DriverRow): string | null {
  const now = uploaded_documents?.find(({ id }) => id === before.id);
  if (!now || now.state === "expired") return text.documentChanged;
  if (now.version === before.version) return null;
  const decided = text.documentDecided(texts.review.documentStates[now.state] ?? now.state);
  return [decided, now.reason ? text.because(now.reason) : "", text.notSaved].filter(Boolean).join(" ");
}

function whatHappened(before: DriverRow, { decision, application_state, attention }: DriverRow): string[] {
  if (decision && decision.at !== before.decision?.at) {
    return [text.decided(texts.drivers.states[decision.state], formatDateTime(decision.at)), decision.reason ? text.because(decision.reason) : ""];
  }
  if (attention.includes("check") && !before.attention.includes("check")) return [text.checkEnded];
  return [application_state === before.application_state ? text.restated : text.moved(texts.drivers.states[application_state])];
}

import type { DocumentKind, DriverApplication } from "./api/types.ts";
import { latestOf } from "./applicationSteps.ts";

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

export interface Expiry {
  kind: DocumentKind;
  /** The last day, YYYY-MM-DD. */
  on: string;
  /** `soon`: within 30 days. */
  state: "valid" | "soon" | "over";
}

type Papers = Pick<DriverApplication, "documents" | "licence_expires_on" | "insurance_expires_on">;

/** The last day of a paper: that of the document which counts or waits, else the one that was stated. */
function lastDayOf({ documents, licence_expires_on, insurance_expires_on }: Papers, kind: DocumentKind): string | null {
  const of = documents.filter((document) => document.kind === kind);
  const counts = latestOf(of.filter(({ state }) => state === "approved"), kind) ?? latestOf(of.filter(({ state }) => state === "expired"), kind);
  const stated = kind === "licence" ? licence_expires_on : kind === "insurance" ? insurance_expires_on : null;
  return counts?.expires_on ?? stated;
}

/** Until when the paper of that kind counts; `null` if it does not end, or is not known. `today`: the same of today. */
export function expiryOf(papers: Papers, kind: DocumentKind, today: string): Expiry | null {
  const on = lastDayOf(papers, kind);
  if (!on) return null;
  const left = (Date.parse(on) - Date.parse(today)) / DAY_MS; // the last day counts
  return { kind, on, state: left < 0 ? "over" : left < SOON_DAYS ? "soon" : "valid" };
}

/** The papers that end soon, or have ended, and of which no newer one is being checked; the first to end first. */
export function endingPapers(papers: Papers, today: string): Expiry[] {
  return (["licence", "insurance", "registration"] as const)
    .filter((kind) => latestOf(papers.documents, kind)?.state !== "pending")
    .map((kind) => expiryOf(papers, kind, today))
    .filter((expiry): expiry is Expiry => expiry !== null && expiry.state !== "valid")
    .sort((a, b) => a.on.localeCompare(b.on));
}

import type { DocumentKind, DriverApplication, DriverDocument } from "./api/types.ts";

export const DOCUMENT_KINDS: readonly DocumentKind[] = ["licence", "insurance", "registration", "vehicle_photo", "profile_photo"];

/** The kinds whose last day has to be stated. */
export const EXPIRES = new Set<DocumentKind>(["licence", "insurance", "registration"]);

/** The kinds that may be a PDF as well as a photo. */
export const MAY_BE_PDF = EXPIRES;

export type ItemState = "missing" | "pending" | "approved" | "rejected" | "expired" | "optional";

/** How far one document is; one that is not required and not there is `optional`. */
export function stateOfDocument({ documents, missing }: Pick<DriverApplication, "documents" | "missing">, kind: DocumentKind): ItemState {
  const state = latestOf(documents, kind)?.state;
  if (state && state !== "replaced") return state;
  return missing.includes(`documents.${kind}`) ? "missing" : "optional";
}

/** The newest document of that kind. */
export const latestOf = (documents: readonly DriverDocument[], kind: DocumentKind): DriverDocument | undefined =>
  documents.filter((document) => document.kind === kind).sort((a, b) => b.uploaded_at.localeCompare(a.uploaded_at))[0];

/** Whether the dates of the papers are stated. */
export const isStated = (application: DriverApplication): boolean => Boolean(application.licence_expires_on && application.insurance_expires_on);

/** Whether it can be submitted now. */
export const isSubmittable = ({ state, missing }: DriverApplication): boolean => (state === "draft" || state === "changes_requested") && missing.length === 0;

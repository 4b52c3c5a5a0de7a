import type { DriverRow, ReviewDocument } from "../../../lib/api/types.ts";

/** Where the operator is in one application: at a document, or at the decision about the driver. */
export type Step = { at: "document"; document: ReviewDocument } | { at: "driver" };

type Documents = readonly Pick<ReviewDocument, "id" | "kind" | "state" | "vehicle_id">[];

const KINDS = ["licence", "insurance", "registration", "vehicle_photo", "profile_photo"];

/** Documents in the order in which they are reviewed: by kind, and of a kind as they came. */
export function inOrder<Document extends Documents[number]>(documents: readonly Document[]): Document[] {
  const place = (kind: string) => KINDS.indexOf(kind) + 1 || KINDS.length + 1;
  return [...documents].sort((a, b) => place(a.kind) - place(b.kind));
}

/** The first document that waits for a decision, after the one with that id if there is one; then the driver. */
export function nextStep(documents: readonly ReviewDocument[], after?: string): Step {
  const ordered = inOrder(documents);
  const start = ordered.findIndex(({ id }) => id === after) + 1;
  const rest = [...ordered.slice(start), ...ordered.slice(0, start)];
  const document = rest.find(({ state, id }) => state === "pending" && id !== after);
  return document ? { at: "document", document } : { at: "driver" };
}

/** The step that is shown for the id of a document, or `driver`; by default the first that waits. */
export function stepOf(documents: readonly ReviewDocument[], chosen: string | null): Step {
  if (chosen === "driver") return { at: "driver" };
  const document = inOrder(documents).find(({ id }) => id === chosen);
  return document ? { at: "document", document } : nextStep(documents);
}

/** The step before or after another, in the order in which they are shown; the driver comes last. */
export function neighbour(documents: readonly ReviewDocument[], current: Step, by: 1 | -1): Step {
  const steps: Step[] = [...inOrder(documents).map((document) => ({ at: "document", document }) as const), { at: "driver" }];
  const at = steps.findIndex((step) => keyOf(step) === keyOf(current));
  return steps[Math.min(steps.length - 1, Math.max(0, at + by))] ?? current;
}

export const keyOf = (step: Step): string => (step.at === "driver" ? "driver" : step.document.id);

const paperOf = ({ kind, vehicle_id }: Pick<ReviewDocument, "kind" | "vehicle_id">): string => `${kind} ${vehicle_id ?? ""}`;

/** Whether a document takes the place of another one that counts until then. */
export const isRenewal = (documents: Documents, document: Documents[number]): boolean =>
  document.state !== "approved" && documents.some((other) => other.state === "approved" && paperOf(other) === paperOf(document));

/** What stands against approving the driver: kinds of documents that are not decided or not there, and what is missing. */
export function blockersOf(documents: Documents, missing: readonly string[]): string[] {
  const open = inOrder(documents).filter((document) => document.state === "pending" || (document.state !== "approved" && !isRenewal(documents, document)));
  return [...new Set([...open.map(({ kind }) => kind), ...missing.map((code) => code.replace(/^documents\./, ""))])];
}

/** The checks for which an operator has to say why the driver is approved all the same. */
export const uncheckedOf = ({ state, attention, checks }: Pick<DriverRow, "state" | "attention" | "checks">) =>
  state === "approved" && !attention.includes("check") ? [] : (checks ?? []).filter(({ outcome }) => outcome !== "clear" && outcome !== "not_configured");

/** The application after or before another in the queue; from the last one to the first, and back. */
export function neighbourInQueue<Entry extends { id: string }>(queue: readonly Entry[], current: string, by: 1 | -1 = 1): Entry | undefined {
  const at = queue.findIndex(({ id }) => id === current);
  if (at === -1) return by === 1 ? queue[0] : queue.at(-1);
  return queue.length > 1 ? queue[(at + by + queue.length) % queue.length] : undefined;
}

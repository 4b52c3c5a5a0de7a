import type { Rescue, RescueStatus } from "../api/types.ts";

export type StepKind = "departure" | "arrival" | "start" | "completion" | "no-show";

/** Something that the driver did on a job, kept on the phone until the platform has it. */
export interface Step {
  id: string;
  rescueId: string;
  kind: StepKind | "photo";
  /** City time, ISO 8601. */
  happenedAt: string;
  body: Record<string, unknown>;
  /** Of a photo. */
  file?: Blob;
  /** Why the platform refused it: it and what follows wait for the driver's decision. */
  refused?: { code: string; detail: string };
}

const LEADS_TO: Record<StepKind, RescueStatus> = { departure: "en_route", arrival: "arrived", start: "in_transit", completion: "completed", "no-show": "no_show" };

/** The status that the job has for the driver: the platform's, with the steps that it has not heard of. */
export function statusWith(rescue: Pick<Rescue, "id" | "status">, steps: readonly Step[]): RescueStatus {
  return steps.reduce<RescueStatus>((status, { rescueId, kind, refused }) => (rescueId === rescue.id && kind !== "photo" && !refused ? LEADS_TO[kind] : status), rescue.status);
}

/** What can be sent next: of each job the oldest step, unless it was refused. */
export function sendable(steps: readonly Step[]): Step[] {
  const seen = new Set<string>();
  return steps.filter(({ rescueId, refused }) => {
    if (seen.has(rescueId)) return false;
    seen.add(rescueId);
    return !refused;
  });
}

/** Whether the step may succeed when it is sent again as it is. */
export const mayRetry = (status: number): boolean => status < 400 || status >= 500 || status === 401 || status === 408 || status === 429;

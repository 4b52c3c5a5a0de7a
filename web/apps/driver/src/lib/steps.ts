import type { ShownAction } from "@supportcarr/pwa/queue";

import type { Rescue, RescueStatus } from "./api/types.ts";

/** What a driver does on a job, without the photos. */
export type StepKind = "departure" | "arrival" | "start" | "completion" | "no-show";

const LEADS_TO: Record<string, RescueStatus> = { departure: "en_route", arrival: "arrived", start: "in_transit", completion: "completed", "no-show": "no_show" } satisfies Record<StepKind, RescueStatus>;

type Step = Pick<ShownAction, "subject" | "kind" | "state">;

/** The status that the job has for the driver: the platform's, with the steps that it has not heard of. */
export function statusWith(rescue: Pick<Rescue, "id" | "status">, actions: readonly Step[]): RescueStatus {
  return actions.reduce<RescueStatus>((status, { subject, kind, state }) => (subject === rescue.id && state !== "failed" ? (LEADS_TO[kind] ?? status) : status), rescue.status);
}

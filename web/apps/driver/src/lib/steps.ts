import type { ShownAction } from "@supportcarr/pwa/queue";

import type { Rescue, RescueStatus } from "./api/types.ts";

/** What a driver does on a job, without the photos. */
export type StepKind = "departure" | "arrival" | "start" | "completion" | "no-show";

const LEADS_TO: Record<string, RescueStatus> = { departure: "en_route", arrival: "arrived", start: "in_transit", completion: "completed", "no-show": "no_show" } satisfies Record<StepKind, RescueStatus>;

type Step = Pick<ShownAction, "subject" | "kind" | "state" | "waited">;

/**
 * The status that the job has for the driver: the platform's, with the steps that wait for a connection.  A step that
 * is being tried for the first time may still be refused, and what asked for it shows why: it changes nothing yet.
 */
export function statusWith(rescue: Pick<Rescue, "id" | "status">, actions: readonly Step[]): RescueStatus {
  let { status } = rescue;
  let waiting = false;
  for (const { subject, kind, state, waited } of actions) {
    const next = LEADS_TO[kind];
    if (next === undefined || subject !== rescue.id || state === "failed") continue; // no step waits for a photo
    waiting ||= waited; // what comes after it waits too
    if (waiting) status = next;
  }
  return status;
}

import type { Tone } from "@supportcarr/ui/Badge";

import { humanizeCode } from "./format.ts";
import { texts } from "./texts.ts";

const TONES: Record<string, Tone> = {
  requested: "warning",
  matching: "warning",
  assigned: "info",
  en_route: "info",
  arrived: "info",
  in_transit: "info",
  completed: "success",
  no_show: "danger",
  unserved: "danger",
  rejected: "danger",
  aborted: "danger",
};

/** No driver has accepted yet. */
export const WAITING_STATUSES: ReadonlySet<string> = new Set(["requested", "matching"]);
/** A driver is on the way to the rider. */
export const APPROACHING_STATUSES: ReadonlySet<string> = new Set(["assigned", "en_route"]);
export const UNDER_WAY_STATUSES: ReadonlySet<string> = new Set([...APPROACHING_STATUSES, "arrived", "in_transit"]);
export const ENDED_STATUSES = ["completed", "cancelled", "no_show", "unserved", "rejected", "aborted"] as const;

/** Label and tone of a rescue's status; a status that this version does not know gets neutral ones. */
export const describeStatus = (status: string): { label: string; tone: Tone } => ({
  label: texts.status[status] ?? humanizeCode(status),
  tone: TONES[status] ?? "neutral",
});

export const isLive = (status: string): boolean => WAITING_STATUSES.has(status) || UNDER_WAY_STATUSES.has(status);

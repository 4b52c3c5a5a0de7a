import { words } from "./format.ts";
import { texts } from "./texts.ts";

export type Tone = "wait" | "move" | "good" | "bad" | "quiet";

const TONES: Record<string, Tone> = {
  requested: "wait",
  matching: "wait",
  assigned: "move",
  en_route: "move",
  arrived: "move",
  in_transit: "move",
  completed: "good",
  no_show: "bad",
  unserved: "bad",
  rejected: "bad",
  aborted: "bad",
};

export const WAITING = new Set(["requested", "matching"]);
export const COMING = new Set(["assigned", "en_route"]);
export const UNDER_WAY = new Set([...COMING, "arrived", "in_transit"]);
export const ENDED = ["completed", "cancelled", "no_show", "unserved", "rejected", "aborted"] as const;

/** Plain words and a tone for a state of a rescue, also for one that came after this was written. */
export const statusOf = (status: string): { label: string; tone: Tone } => ({
  label: texts.status[status] ?? words(status),
  tone: TONES[status] ?? "quiet",
});

export const isLive = (status: string): boolean => WAITING.has(status) || UNDER_WAY.has(status);

/** Plain words and a tone for each state of a rescue. */
export type Tone = "wait" | "move" | "good" | "bad" | "quiet";

const STATES: Record<string, { label: string; tone: Tone }> = {
  scheduled: { label: "Scheduled", tone: "quiet" },
  requested: { label: "Card check", tone: "wait" },
  matching: { label: "Finding a driver", tone: "wait" },
  assigned: { label: "Driver found", tone: "move" },
  en_route: { label: "On the way", tone: "move" },
  arrived: { label: "At the rider", tone: "move" },
  in_transit: { label: "Bringing home", tone: "move" },
  completed: { label: "Completed", tone: "good" },
  cancelled: { label: "Cancelled", tone: "quiet" },
  no_show: { label: "Rider not there", tone: "bad" },
  unserved: { label: "No driver found", tone: "bad" },
  rejected: { label: "Rejected", tone: "bad" },
  aborted: { label: "Stopped", tone: "bad" },
};

export const WAITING = new Set(["requested", "matching"]);
export const UNDER_WAY = new Set(["assigned", "en_route", "arrived", "in_transit"]);

export const statusOf = (status: string): { label: string; tone: Tone } =>
  STATES[status] ?? { label: status.replaceAll("_", " "), tone: "quiet" };

export const isLive = (status: string): boolean => WAITING.has(status) || UNDER_WAY.has(status);

import type { Rescue, TimelineEntry } from "./api/types.ts";

/** What a rescue means to its rider at the moment: its status, told apart where they would want to know. */
export type Phase =
  | "scheduled"
  | "holdingCard"
  | "confirmingCard"
  | "searching"
  | "searchingAgain"
  | "promised"
  | "assigned"
  | "enRoute"
  | "arrived"
  | "fixProposed"
  | "fixAgreed"
  | "inTransit"
  | "delivered"
  | "fixedOnSpot"
  | "cancelled"
  | "noShow"
  | "unserved"
  | "rejected"
  | "aborted";

const BY_STATUS: Record<Rescue["status"], Phase> = {
  scheduled: "scheduled",
  requested: "holdingCard",
  matching: "searching",
  assigned: "assigned",
  en_route: "enRoute",
  arrived: "arrived",
  in_transit: "inTransit",
  completed: "delivered",
  cancelled: "cancelled",
  no_show: "noShow",
  unserved: "unserved",
  rejected: "rejected",
  aborted: "aborted",
};

/** `timeline`: tells a search that began again after a driver gave up, and a bike that never was in the truck. */
export function phaseOf(rescue: Pick<Rescue, "status" | "payment" | "queued_behind" | "fix">, timeline: readonly TimelineEntry[] = []): Phase {
  switch (rescue.status) {
    case "requested":
      return rescue.payment.status === "requires_action" ? "confirmingCard" : "holdingCard";
    case "matching":
      return timeline.some(({ from, to }) => to === "matching" && from !== "requested") ? "searchingAgain" : "searching";
    case "assigned":
      return rescue.queued_behind ? "promised" : "assigned";
    case "arrived":
      if (rescue.fix?.price_minor === undefined || rescue.fix.price_minor === null) return "arrived";
      return agreed(rescue.fix) ? "fixAgreed" : "fixProposed";
    case "completed":
      // a timeline that is older than the rescue says nothing about its end
      return timeline.some(({ from, to }) => from === "arrived" && to === "completed") ? "fixedOnSpot" : "delivered";
    default:
      return BY_STATUS[rescue.status];
  }
}

const agreed = ({ price_minor, confirmed_minor }: NonNullable<Rescue["fix"]>): boolean =>
  typeof confirmed_minor === "number" && typeof price_minor === "number" && confirmed_minor >= price_minor;

/** The phases in which a driver is known. */
const WITH_DRIVER = new Set<Phase>(["promised", "assigned", "enRoute", "arrived", "fixProposed", "fixAgreed", "inTransit"]);
const BEFORE_ARRIVAL = new Set<Phase>(["promised", "assigned", "enRoute"]);
const BEFORE_START = new Set<Phase>([...BEFORE_ARRIVAL, "arrived", "fixProposed", "fixAgreed"]);
const CANCELLABLE = new Set<Phase>(["scheduled", "holdingCard", "confirmingCard", "searching", "searchingAgain", ...BEFORE_START]);
const ENDED = new Set<Phase>(["delivered", "fixedOnSpot", "cancelled", "noShow", "unserved", "rejected", "aborted"]);

export const hasDriver = (phase: Phase): boolean => WITH_DRIVER.has(phase);
export const driverIsComing = (phase: Phase): boolean => BEFORE_ARRIVAL.has(phase);
export const needsPin = (phase: Phase): boolean => BEFORE_START.has(phase);
export const mayCancel = (phase: Phase): boolean => CANCELLABLE.has(phase);
export const hasEnded = (phase: Phase): boolean => ENDED.has(phase);

/** Both sides have met: they may rate each other. */
export const mayRate = (phase: Phase): boolean => phase === "delivered" || phase === "fixedOnSpot" || phase === "aborted";

/** When the search that is going on began; `null` if none is. */
export function searchBegan(timeline: readonly TimelineEntry[]): string | null {
  const last = timeline.at(-1);
  return last?.to === "matching" ? last.at : null;
}

/** How many drivers have given the rescue up. */
export const givenUp = (timeline: readonly TimelineEntry[]): number => timeline.filter(({ from, to }) => to === "matching" && from !== "requested").length;

/**
 * The seconds until the driver is at the next stop: as the latest position says, else as was estimated at the last change.
 * Once the bike is loaded, the next stop is another: what was said of the pickup counts no more.
 */
export function secondsToStop(
  rescue: Pick<Rescue, "eta_seconds" | "status">,
  lastChange: string | null,
  position: { eta_seconds?: number | null; at: string } | null,
  now: number,
): number | null {
  const since = (at: string) => Math.max(0, (now - Date.parse(at)) / 1_000);
  const loaded = rescue.status === "in_transit";
  const older = loaded && position !== null && lastChange !== null && Date.parse(position.at) < Date.parse(lastChange);
  if (typeof position?.eta_seconds === "number" && !older) return Math.max(0, position.eta_seconds - since(position.at));
  if (loaded || typeof rescue.eta_seconds !== "number") return null;
  return Math.max(0, rescue.eta_seconds - (lastChange ? since(lastChange) : 0));
}

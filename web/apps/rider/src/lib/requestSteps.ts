import type { BatteryAnswers, JobKind, Problem, QuoteRequest } from "./api/types.ts";

/** A point with the words for it, if there are any. */
export interface Spot {
  lat: number;
  lng: number;
  address: string | null;
}

/** What a rider has said so far of the help that they need. */
export interface RequestDraft {
  pickup: Spot | null;
  /** Whether the person said where they are; else the device did, and may know better meanwhile. */
  pickupChosen: boolean;
  kind: JobKind;
  problem: Problem | null;
  battery: BatteryAnswers | null;
  /** `null`: the rider said that no saved bike is meant; `undefined`: not asked yet. */
  bikeId: string | null | undefined;
  dropoff: Spot | null;
  /** An instant; `null`: now. */
  scheduledFor: string | null;
  promoCode: string;
  note: string;
}

export const EMPTY_DRAFT: RequestDraft = {
  pickup: null,
  pickupChosen: false,
  kind: "rescue",
  problem: null,
  battery: null,
  bikeId: undefined,
  dropoff: null,
  scheduledFor: null,
  promoCode: "",
  note: "",
};

export type Step = "pickup" | "problem" | "battery" | "load" | "bike" | "dropoff" | "review";

/** A battery that burns or may burn: nobody may carry it. */
export const isDangerous = (battery: BatteryAnswers): boolean => battery.smoking || battery.swollen;

/** The steps of this request in their order. */
export function stepsOf({ kind, problem }: Pick<RequestDraft, "kind" | "problem">): Step[] {
  if (kind !== "rescue") return ["pickup", "problem", "load", "dropoff", "review"];
  return ["pickup", "problem", ...(problem === "damaged_battery" ? (["battery"] as const) : []), "bike", "dropoff", "review"];
}

function isDone(step: Step, draft: RequestDraft): boolean {
  switch (step) {
    case "pickup":
      return draft.pickup !== null;
    case "problem":
      return draft.kind !== "rescue" || draft.problem !== null;
    case "battery":
      return draft.battery !== null && !isDangerous(draft.battery);
    case "load":
      return draft.note.trim() !== "";
    case "bike":
      return draft.bikeId !== undefined;
    case "dropoff":
      return draft.dropoff !== null;
    case "review":
      return false;
  }
}

/** The first step that still has to be answered. */
export const nextStep = (draft: RequestDraft): Step => stepsOf(draft).find((step) => !isDone(step, draft)) ?? "review";

/** Whether a step may be shown: all before it are answered. */
export function isReachable(step: Step, draft: RequestDraft): boolean {
  const steps = stepsOf(draft);
  const at = steps.indexOf(step);
  return at >= 0 && steps.slice(0, at).every((before) => isDone(before, draft));
}

/** The step before; `null` at the first. */
export function stepBefore(step: Step, draft: Pick<RequestDraft, "kind" | "problem">): Step | null {
  const steps = stepsOf(draft);
  return steps[steps.indexOf(step) - 1] ?? null;
}

const placeOf = ({ lat, lng, address }: Spot) => ({ lat, lng, ...(address ? { address } : {}) });

/** What is asked of the platform for a price; `null` while something is missing. */
export function quoteRequestOf(draft: RequestDraft): QuoteRequest | null {
  if (nextStep(draft) !== "review" || !draft.pickup || !draft.dropoff) return null;
  const promo = draft.promoCode.trim();
  return {
    kind: draft.kind,
    pickup: placeOf(draft.pickup),
    dropoff: placeOf(draft.dropoff),
    ...(draft.kind === "rescue" ? { problem: draft.problem } : {}),
    ...(draft.problem === "damaged_battery" && draft.battery ? { battery: draft.battery } : {}),
    ...(draft.kind === "rescue" && draft.bikeId ? { bike_id: draft.bikeId } : {}),
    ...(promo ? { promo_code: promo } : {}),
    ...(draft.scheduledFor ? { scheduled_for: draft.scheduledFor } : {}),
  };
}

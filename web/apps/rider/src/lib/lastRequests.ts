import { sharedStorage } from "@supportcarr/client/browserStorage";

import type { QuoteRequest, Rescue } from "./api/types.ts";

/** How a rescue was asked for, so that it can be asked for again. */
export interface AskedFor {
  quote: QuoteRequest;
  cardId: string;
  note: string | null;
}

const KEY = "supportcarr.rider.asked";
const KEPT = 5;

type Kept = [rescueId: string, asked: AskedFor][];

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(sharedStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? (kept as Kept) : [];
  } catch {
    return [];
  }
}

export function rememberRequest(rescueId: string, asked: AskedFor): void {
  sharedStorage.setItem(KEY, JSON.stringify([[rescueId, asked], ...read()].slice(0, KEPT)));
}

export const forgetRequests = (): void => sharedStorage.removeItem(KEY);

/**
 * How this rescue was asked for; on another device as far as the rescue itself tells.  Answers about a damaged battery
 * are left out: they have to be given anew, because it may have begun to smoke.
 */
export function requestOf(rescue: Rescue): Partial<AskedFor> & Pick<AskedFor, "quote"> {
  const asked = read().find(([id]) => id === rescue.id)?.[1];
  if (asked) {
    const quote = { ...asked.quote };
    delete quote.scheduled_for; // again means now
    delete quote.battery;
    return { ...asked, quote };
  }
  return {
    note: rescue.note ?? null,
    quote: {
      kind: rescue.kind as QuoteRequest["kind"],
      pickup: rescue.pickup,
      dropoff: rescue.dropoff,
      ...(rescue.problem ? { problem: rescue.problem as NonNullable<QuoteRequest["problem"]> } : {}),
    },
  };
}

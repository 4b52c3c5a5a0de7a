import { toProblem } from "@supportcarr/client/http";

import { type NewRescue, openRescueOf, requestRescue } from "./api/rescues.ts";
import type { Rescue } from "./api/types.ts";
import { useRequest } from "./requestStore.ts";

/** Whether the platform may have carried out a request that failed so; a conflict may be with its own first attempt. */
const isUnknown = (status: number): boolean => status === 0 || status === 408 || status === 409 || status >= 500;

/** `found`: it was made by an earlier request, whose response was lost. */
export interface Requested {
  rescue: Rescue;
  found: boolean;
}

/**
 * Requests a rescue.  The same request again has the same key.  If nobody knows what became of one with another quote or
 * card, the platform is asked first whether it made a rescue, so that nobody is booked twice.
 */
export async function requestOnce(wanted: NewRescue): Promise<Requested> {
  const { attempt, keyFor, settle } = useRequest.getState();
  const { quote_id: quoteId, payment_method_id: cardId } = wanted;
  if (attempt && (attempt.quoteId !== quoteId || attempt.cardId !== cardId)) {
    const rescue = await openRescueOf(attempt.quoteId);
    settle();
    if (rescue) return { rescue, found: true };
  }
  try {
    const rescue = await requestRescue(wanted, keyFor(quoteId, cardId));
    settle();
    return { rescue, found: false };
  } catch (error) {
    if (!isUnknown(toProblem(error).status)) settle();
    throw error;
  }
}

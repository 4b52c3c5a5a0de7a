import { toProblem } from "@supportcarr/client/http";
import type { Action, NewAction } from "@supportcarr/pwa/actions";
import { createQueue, postAction, RefusedAction } from "@supportcarr/pwa/queue";

import { http, phoneApp } from "./session.ts";
import type { Cancellation, RatingForm } from "./api/types.ts";

const pathOf = (rescueId: string) => `/rescues/${encodeURIComponent(rescueId)}`;
const now = () => new Date().toISOString();

interface CancellationBody {
  reason: string;
  /** The fee that the rider has seen. */
  agreed_minor: number;
}

/** What it costs may have changed since the rider was told, while they decided or while it waited: then it is for them to decide again. */
async function cancel(action: Action): Promise<unknown> {
  const { reason, agreed_minor } = action.body as CancellationBody;
  const terms = await http.get<Cancellation>(action.url).catch((error: unknown) => {
    if (toProblem(error).status === 409) return null; // over, or cancelled by an attempt whose response was lost
    throw error;
  });
  if (terms && terms.data.fee_minor > agreed_minor) throw new RefusedAction({ code: "cancelling_costs", detail: "" });
  return postAction(http, { ...action, body: { reason } });
}

/** What the rider did, until the platform has it. */
export const queue = createQueue({
  app: "rider",
  session: phoneApp.session,
  send: (action) => (action.kind === "cancellation" ? cancel(action) : postAction(http, action)),
});

/** Cancels at most for the fee that was shown. The same again changes nothing. */
export const cancellationOf = (rescueId: string, reason: string, agreed: number): NewAction => ({
  subject: rescueId,
  kind: "cancellation",
  url: `${pathOf(rescueId)}/cancellation`,
  body: { reason, agreed_minor: agreed } satisfies CancellationBody,
  key: null,
  happenedAt: now(),
});

export const ratingSubject = (rescueId: string): string => `rating:${rescueId}`;

/** Rates the driver. The same again changes nothing. */
export const ratingOf = (rescueId: string, body: RatingForm): NewAction => ({ subject: ratingSubject(rescueId), kind: "rating", url: `${pathOf(rescueId)}/rating`, body, key: null, happenedAt: now() });

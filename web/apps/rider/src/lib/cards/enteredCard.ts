import { tabStorage } from "@supportcarr/client/browserStorage";
import type { Action, NewAction } from "@supportcarr/pwa/actions";
import { useQueue } from "@supportcarr/pwa/queue";
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

import { queue } from "../queue.ts";
import { returnedFrom } from "./cardPage.ts";

interface EnteredCard {
  /** The setup in which a card was entered, until the platform or the queue has it. */
  setupIntent: string | null;
  /** The platform has the card, and the list of cards is being loaded. */
  renewing: boolean;
}

/** What is known of a card that was entered on a page of its own; it survives a reload and a sign-in. */
export const useEnteredCard = create<EnteredCard>()(
  persist((): EnteredCard => ({ setupIntent: null, renewing: false }), {
    name: "supportcarr.rider.entered-card",
    storage: createJSONStorage(() => tabStorage),
    partialize: ({ setupIntent }) => ({ setupIntent }),
  }),
);

/**
 * Takes what the page for cards has added out of the address; called before the router reads that.  After the
 * confirmation of a payment nothing remains to be done: its outcome comes by itself.
 */
export function takeReturn(): void {
  const returned = returnedFrom(location.search);
  if (!returned) return;
  history.replaceState(history.state, "", location.pathname + returned.rest + location.hash);
  if (returned.setupIntent) useEnteredCard.setState({ setupIntent: returned.setupIntent });
}

/** Keeps the card that was entered in a setup.  Its key is the setup: begun again after a reload, it is carried out once. */
export const enteredCardOf = (setupIntent: string): NewAction => ({
  subject: `card:${setupIntent}`,
  kind: "card",
  url: "/me/payment-methods",
  body: { stripe_setup_intent: setupIntent },
  key: setupIntent,
  happenedAt: new Date().toISOString(),
});

export const isEnteredCard = ({ kind }: Pick<Action, "kind">): boolean => kind === "card";

/** Whether a card is on its way to the list of cards. */
export function useCardIsComing(): boolean {
  const { setupIntent, renewing } = useEnteredCard();
  const actions = useQueue(queue);
  return setupIntent !== null || renewing || actions.some((action) => isEnteredCard(action) && action.state !== "failed");
}

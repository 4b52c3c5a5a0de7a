import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { useToast } from "@supportcarr/ui/toasts";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslations } from "use-intl";

import { paymentQueries } from "../api/payments.ts";
import type { PaymentMethod } from "../api/types.ts";
import { queue } from "../queue.ts";
import { useRequest } from "../requestStore.ts";
import { enteredCardOf, isEnteredCard, useEnteredCard } from "./enteredCard.ts";

/** Brings the card that was entered on a page of its own to the platform, also after a lost response, and chooses it. */
export function useEnteredCards(signedIn: boolean): void {
  const text = useTranslations("cards");
  const problemText = useProblemText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const setupIntent = useEnteredCard((state) => state.setupIntent);

  useEffect(() => {
    if (!signedIn) return;
    return queue.onSent((action, response) => {
      if (!isEnteredCard(action)) return;
      useRequest.getState().chooseCard((response as PaymentMethod).id);
      useEnteredCard.setState({ renewing: true });
      void queryClient.invalidateQueries({ queryKey: paymentQueries.cards().queryKey }).finally(() => {
        useEnteredCard.setState({ renewing: false });
        toast({ tone: "success", message: text("added") });
      });
    });
  }, [signedIn, queryClient, text, toast]);

  useEffect(() => {
    if (!signedIn || setupIntent === null) return;
    queue
      .perform(enteredCardOf(setupIntent))
      .catch((error: unknown) => toast({ tone: "danger", message: problemText(error) }))
      .finally(() => useEnteredCard.setState({ setupIntent: null }));
  }, [signedIn, setupIntent, toast, problemText]);
}

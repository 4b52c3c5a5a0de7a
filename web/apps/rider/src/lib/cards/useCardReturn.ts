import { useToast } from "@supportcarr/ui/toasts";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslations } from "use-intl";

import { addEnteredCard, paymentQueries } from "../api/payments.ts";
import { useRequest } from "../requestStore.ts";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { returnedFrom } from "./cardPage.ts";

/** Keeps the card that was entered on a page of its own, when that page leads back here. */
export function useCardReturn(signedIn: boolean): void {
  const text = useTranslations("cards");
  const problemText = useProblemText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const seen = useRef(false);

  useEffect(() => {
    if (!signedIn || seen.current) return;
    const returned = returnedFrom(location.search);
    if (!returned) return;
    seen.current = true;
    history.replaceState(history.state, "", location.pathname + returned.rest);
    const { setupIntent } = returned;
    if (!setupIntent) return; // a payment was confirmed: its outcome comes by itself
    addEnteredCard(setupIntent).then(
      async (card) => {
        useRequest.getState().chooseCard(card.id);
        await queryClient.invalidateQueries({ queryKey: paymentQueries.cards().queryKey });
        toast({ tone: "success", message: text("added") });
      },
      (error: unknown) => toast({ tone: "danger", message: problemText(error) }),
    );
  }, [signedIn, queryClient, text, toast, problemText]);
}

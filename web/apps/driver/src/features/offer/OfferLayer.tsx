import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useReducer, useState } from "react";
import { useTranslations } from "use-intl";

import { acceptOffer, declineOffer, jobQueries } from "../../lib/api/jobs.ts";
import { cityNow } from "../../lib/cityClock.ts";
import { useLive } from "../../lib/liveStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { Modal } from "@supportcarr/ui/Modal";
import { useToast } from "@supportcarr/ui/toasts";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { OfferScreen } from "./OfferScreen.tsx";

const OUTCOMES = new Set(["expired", "withdrawn"]);

/** The offer that waits for an answer, in front of every screen; and, once, why one has gone. */
export function OfferLayer() {
  const text = useTranslations("offer");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const toast = useToast();
  const sentence = useProblemText();
  const offer = useQuery(jobQueries.offer());
  const closed = useLive((state) => state.closedOffer);
  const [answered, setAnswered] = useState<string | null>(null); // not shown again while the answer is on its way
  const [busy, setBusy] = useState(false);
  const [, lookAtClock] = useReducer((looks: number) => looks + 1, 0); // without a connection nothing else says that it is over
  const open = offer.data && offer.data.id !== answered && Date.parse(offer.data.expires_at) > cityNow() ? offer.data : null;
  const openId = open?.id;
  useEffect(() => {
    if (openId) useLive.getState().closeOffer(null);
  }, [openId]);

  const forget = () => queryClient.setQueryData(jobQueries.offer().queryKey, null);

  async function accept(offerId: string, rescueId: string, queued: boolean) {
    setBusy(true);
    try {
      await acceptOffer(offerId);
      forget();
      void queryClient.invalidateQueries({ queryKey: jobQueries.all() });
      if (!queued) await navigate({ to: "/job/$rescueId", params: { rescueId } });
    } catch (error) {
      toast({ tone: "danger", message: sentence(error) });
      void queryClient.invalidateQueries({ queryKey: jobQueries.offer().queryKey });
    } finally {
      setBusy(false);
    }
  }

  async function decline(offerId: string) {
    setAnswered(offerId);
    try {
      await declineOffer(offerId);
      forget();
    } catch (error) {
      toast({ tone: "danger", message: sentence(error) });
      setAnswered(null); // it still waits for an answer, or the platform says that it does not
      await queryClient.invalidateQueries({ queryKey: jobQueries.offer().queryKey });
    }
  }

  if (open) {
    return (
      <OfferScreen
        key={open.id}
        offer={open}
        busy={busy}
        onAccept={() => void accept(open.id, open.rescue_id, open.queued)}
        onDecline={() => void decline(open.id)}
        onOver={() => {
          lookAtClock();
          void queryClient.invalidateQueries({ queryKey: jobQueries.offer().queryKey });
        }}
      />
    );
  }
  if (!closed) return null;
  const close = () => useLive.getState().closeOffer(null);
  const outcome = OUTCOMES.has(closed.outcome) ? closed.outcome : "expired";
  return (
    <Modal title={text(`closed.${outcome}.title` as "closed.expired.title")} about={text(`closed.${outcome}.about` as "closed.expired.about")} onClose={close}>
      <Button size="lg" block onClick={close}>
        {text("understood")}
      </Button>
    </Modal>
  );
}

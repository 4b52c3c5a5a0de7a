import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { paymentQueries } from "../../lib/api/payments.ts";
import { requestQuote } from "../../lib/api/pricing.ts";
import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Quote, Rescue } from "../../lib/api/types.ts";
import { rememberRequest, requestOf } from "../../lib/lastRequests.ts";
import { EMPTY_DRAFT } from "../../lib/requestSteps.ts";
import { requestOnce } from "../../lib/requestOnce.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Button } from "@supportcarr/ui/Button";
import { useToast } from "@supportcarr/ui/toasts";
import { useSend } from "@supportcarr/phone-app/useSend";

/**
 * Asks for the same once more: at once if it costs no more than before, else the new price is shown first.  Where the
 * card was the reason, or a battery has to be asked about again, the request opens instead.
 */
export function AskAgain({ rescue, prominent }: { rescue: Rescue; prominent: boolean }) {
  const text = useTranslations("live.again");
  const review = useTranslations("request.review");
  const toast = useToast();
  const formats = useFormats();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const cards = useQuery(paymentQueries.cards());
  const change = useRequest((state) => state.change);
  const { busy, send } = useSend();
  const [dearer, setDearer] = useState<Quote | null>(null);
  const asked = requestOf(rescue);
  const card = cards.data?.find(({ id }) => id === asked.cardId) ?? cards.data?.find((one) => one.default) ?? cards.data?.[0];
  const opens = rescue.status === "rejected" || rescue.problem === "damaged_battery" || (cards.data !== undefined && !card);

  const open = () => {
    const { pickup, dropoff, kind, problem, bike_id } = asked.quote;
    change({
      ...EMPTY_DRAFT,
      pickup: { lat: pickup.lat, lng: pickup.lng, address: pickup.address ?? null },
      pickupChosen: true,
      dropoff: { lat: dropoff.lat, lng: dropoff.lng, address: dropoff.address ?? null },
      kind,
      problem: problem ?? null,
      bikeId: bike_id ?? null,
      note: asked.note ?? "",
    });
    return navigate({ to: "/request/$step", params: { step: "review" } });
  };

  async function request(quote: Quote) {
    if (!card) return;
    const { rescue: again, found } = await requestOnce({ quote_id: quote.id, payment_method_id: card.id, note: asked.note ?? null });
    if (found) toast({ tone: "info", message: review("found") });
    else rememberRequest(again.id, { quote: asked.quote, cardId: card.id, note: asked.note ?? null });
    queryClient.setQueryData(rescueQueries.detail(again.id).queryKey, again);
    void queryClient.invalidateQueries({ queryKey: rescueQueries.all() });
    await navigate({ to: "/rescues/$rescueId", params: { rescueId: again.id }, replace: true });
  }

  const again = () =>
    send(async () => {
      if (opens) return open();
      const quote = await requestQuote(asked.quote);
      if (quote.total_minor > rescue.quote.total_minor) setDearer(quote);
      else await request(quote);
    });

  return (
    <>
      <Button size="lg" block variant={prominent ? "primary" : "secondary"} busy={busy} onClick={() => void again()}>
        {opens ? text("open") : text("submit")}
      </Button>
      {dearer ? (
        <AlertDialog
          title={text("dearerTitle", { price: formats.money(dearer.total_minor, dearer.currency) })}
          body={<p className="text-(--muted)">{text("dearerAbout", { before: formats.money(rescue.quote.total_minor, rescue.quote.currency) })}</p>}
          confirm={text("dearerConfirm", { price: formats.money(dearer.total_minor, dearer.currency) })}
          cancel={text("dearerCancel")}
          busy={busy}
          onConfirm={() => void send(() => request(dearer))}
          onCancel={() => setDearer(null)}
        />
      ) : null}
    </>
  );
}

import { toProblem } from "@supportcarr/client/http";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useToast } from "@supportcarr/ui/toasts";
import { useTranslations } from "use-intl";

import { accountQueries } from "../../lib/api/account.ts";
import { paymentQueries } from "../../lib/api/payments.ts";
import { pricingQueries } from "../../lib/api/pricing.ts";
import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Quote } from "../../lib/api/types.ts";
import { useCardIsComing } from "../../lib/cards/enteredCard.ts";
import { rememberRequest } from "../../lib/lastRequests.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { sendPicked } from "../../lib/photoUploads.ts";
import { quoteRequestOf } from "../../lib/requestSteps.ts";
import { requestOnce } from "../../lib/requestOnce.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { useCityTime } from "../../lib/useCityTime.ts";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { CardRow } from "./CardRow.tsx";
import { ExtrasSection } from "./ExtrasSection.tsx";
import { JobSummary } from "./JobSummary.tsx";
import { QuoteCard } from "./QuoteCard.tsx";
import { StepFrame } from "./StepFrame.tsx";
import { WhenRow } from "./WhenRow.tsx";

const TICK_MS = 1_000;
const RENEW_BEFORE_MS = 20_000;
// The quote has ended or was used: another one is needed.
const NEEDS_QUOTE = new Set(["quote_expired", "quote_used"]);

/** The price with each of its lines, how it is paid, and the button that asks for help. */
export function ReviewStep() {
  const text = useTranslations("request.review");
  const cardText = useTranslations("request.card");
  const photos = useTranslations("photos");
  const toast = useToast();
  const formats = useFormats();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const sentence = useProblemText();
  const { draft, cardId, change, clear } = useRequest();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<"idle" | "sending">("idle");
  const [problem, setProblem] = useState<string | null>(null);

  const request = quoteRequestOf(draft);
  if (!request) throw new Error("the request is not complete"); // the route leads to what is missing
  const quote = useQuery(pricingQueries.quote(request, attempt));
  const cards = useQuery(paymentQueries.cards());
  const me = useQuery(accountQueries.me());
  const coming = useCardIsComing(); // it is the one that pays
  const card = coming ? undefined : (cards.data?.find(({ id }) => id === cardId) ?? cards.data?.find((one) => one.default) ?? cards.data?.[0]);

  const cardsFailed = !cards.data && (cards.isError || cards.isPaused);
  const whyNot = coming ? null : cardsFailed ? cardText("failed") : cards.data?.length === 0 ? text("cardMissing") : null;

  const now = useCityTime(TICK_MS);
  const expires = quote.data ? Date.parse(quote.data.expires_at) : null;
  const expired = expires !== null && now > expires - RENEW_BEFORE_MS;
  useEffect(() => {
    if (expired && !quote.isFetching && state === "idle") setAttempt((count) => count + 1);
  }, [expired, quote.isFetching, state]);

  async function send({ id, total_minor, currency }: Quote) {
    if (!card || !request || state === "sending") return;
    if (me.data && !me.data.phone_verified) {
      await navigate({ to: "/verify" });
      return;
    }
    setState("sending");
    setProblem(null);
    try {
      const note = draft.note.trim() || null;
      const { rescue, found } = await requestOnce({ quote_id: id, payment_method_id: card.id, note });
      if (found) toast({ tone: "info", message: text("found") });
      else rememberRequest(rescue.id, { quote: request, cardId: card.id, note });
      queryClient.setQueryData(rescueQueries.detail(rescue.id).queryKey, rescue);
      await sendPicked(rescue.id).catch(() => toast({ tone: "danger", message: photos("notKept") }));
      void queryClient.invalidateQueries({ queryKey: rescueQueries.all() });
      await navigate({ to: "/rescues/$rescueId", params: { rescueId: rescue.id }, replace: true });
      clear();
    } catch (error) {
      const { code } = toProblem(error);
      if (NEEDS_QUOTE.has(code)) {
        setAttempt((count) => count + 1);
        setProblem(text("priceRenewed", { before: formats.money(total_minor, currency) }));
      } else setProblem(sentence(error));
    } finally {
      setState("idle");
    }
  }

  const refused = quote.isError ? toProblem(quote.error) : null;
  const badPromo = refused?.errors?.some(({ field }) => field === "promo_code") ?? false;
  return (
    <StepFrame
      step="review"
      title={text("title")}
      footer={
        <div className="space-y-2">
          {problem ? <Notice tone="danger">{problem}</Notice> : null}
          <Button size="lg" block busy={state === "sending"} disabled={!quote.data || !card} onClick={() => quote.data && void send(quote.data)}>
            {state === "sending"
              ? text("sending")
              : quote.data
                ? text(draft.scheduledFor ? "book" : "request", { price: formats.money(quote.data.total_minor, quote.data.currency) })
                : text(quote.isError || quote.isPaused ? "noPrice" : "pricing")}
          </Button>
          <p className="text-center text-xs text-(--muted)">{whyNot ?? text("holdAbout")}</p>
        </div>
      }
    >
      <div className="space-y-5">
        <JobSummary />
        {badPromo ? (
          <Notice tone="danger">
            <p>{sentence(quote.error)}</p>
            <Button variant="secondary" className="mt-2" onClick={() => change({ promoCode: "" })}>
              {text("withoutPromo")}
            </Button>
          </Notice>
        ) : (
          <Loaded query={quote} lines={4}>
            {(data) => <QuoteCard quote={data} />}
          </Loaded>
        )}
        <section aria-label={text("details")} className="divide-y divide-(--border) rounded-2xl border border-(--border) bg-(--surface) px-4">
          <WhenRow areaId={quote.data?.area_id ?? null} />
          <CardRow cards={cards} card={card} />
        </section>
        <ExtrasSection />
      </div>
    </StepFrame>
  );
}

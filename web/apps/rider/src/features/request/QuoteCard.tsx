import { useFormats } from "@supportcarr/i18n/useFormats";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { useWaitTexts } from "@supportcarr/phone-app/useWaits";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";
import { Clock } from "lucide-react";
import { useTranslations } from "use-intl";

import type { Quote } from "../../lib/api/types.ts";
import { PriceLines } from "@supportcarr/ui/PriceLines";
import { useBookingTime } from "../../lib/useBookingTime.ts";
import { usePriceLines } from "../../lib/usePriceLines.ts";

/** The price and when somebody could be there, before anything is asked for. */
export function QuoteCard({ quote }: { quote: Quote }) {
  const text = useTranslations("request.quote");
  const formats = useFormats();
  const bookingTime = useBookingTime();
  const lines = usePriceLines();
  const waits = useWaitTexts();
  const cap = useQuery(configQueries.current()).data?.pricing?.demand_cap;
  const { currency, fees } = quote;
  const eta = quote.scheduled_for
    ? text("atTime", { when: bookingTime(quote.scheduled_for, quote.area_id) })
    : quote.unavailable
      ? text(quote.unavailable, waits)
      : typeof quote.eta_seconds === "number"
        ? text("eta", { eta: formats.duration(quote.eta_seconds) })
        : text("no_driver", waits);
  return (
    <section aria-label={text("title")} className="rounded-2xl border border-(--border) bg-(--surface) p-4">
      <p role="status" className="mb-3 flex items-center gap-2 font-medium">
        <Clock aria-hidden="true" className="size-5 shrink-0 text-(--signal)" />
        {eta}
      </p>
      {quote.demand_multiplier > 1 ? (
        <Notice tone="warning" className="mb-3">
          {text("demand", { multiplier: formats.number(quote.demand_multiplier, 2) })}
          {cap ? ` ${text("demandCap", { max: formats.number(cap, 2) })}` : null}
        </Notice>
      ) : null}
      <PriceLines
        lines={lines(quote, quote)}
        total={{ label: text("total"), detail: text("fixed", { until: formats.time(quote.expires_at) }), amount: formats.money(quote.total_minor, currency) }}
      />
      <p className="mt-3 text-sm text-(--muted)">
        {text("fees", { free: waits.free, cancellation: formats.money(fees.cancellation_minor ?? 0, currency), noShow: formats.money(fees.no_show_minor ?? 0, currency) })}
      </p>
    </section>
  );
}

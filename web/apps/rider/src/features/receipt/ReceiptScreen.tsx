import { useFormats } from "@supportcarr/i18n/useFormats";
import { shortId } from "@supportcarr/client/shortId";
import { usePlaceName } from "@supportcarr/phone-app/usePlaceName";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Printer } from "lucide-react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue, TimelineEntry } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { phaseOf } from "../../lib/rescuePhase.ts";
import { Screen } from "@supportcarr/phone-app/Screen";
import { IconButton } from "@supportcarr/ui/IconButton";
import { PriceLines } from "@supportcarr/ui/PriceLines";
import { usePriceLines } from "../../lib/usePriceLines.ts";
import { chargeOf } from "./charge.ts";

/** What was charged for a rescue, and why. */
export function ReceiptScreen() {
  const text = useTranslations("receipt");
  const { rescueId } = useParams({ from: "/signed-in/rescues/$rescueId/receipt" });
  const rescue = useQuery(rescueQueries.detail(rescueId));
  const timeline = useQuery(rescueQueries.timeline(rescueId));
  return (
    <Screen
      title={text("title")}
      back={{ to: "/rescues/$rescueId", params: { rescueId } }}
      actions={<IconButton label={text("print")} icon={<Printer aria-hidden="true" className="size-5" />} onClick={() => print()} className="print:hidden" />}
    >
      <Loaded query={rescue}>{(data) => <Loaded query={timeline}>{(entries) => <Receipt rescue={data} timeline={entries} />}</Loaded>}</Loaded>
    </Screen>
  );
}

function Receipt({ rescue, timeline }: { rescue: Rescue; timeline: readonly TimelineEntry[] }) {
  const text = useTranslations("receipt");
  const price = useTranslations("price");
  const problems = useTranslations("problems");
  const formats = useFormats();
  const lines = usePriceLines();
  const { quote, payment, driver, pickup, dropoff } = rescue;
  const from = usePlaceName(pickup) ?? text("pin");
  const to = usePlaceName(dropoff) ?? text("pin");
  const phase = phaseOf(rescue, timeline);
  const charge = chargeOf(rescue, phase);
  const money = (minor: number) => formats.money(minor, quote.currency);
  const ended = timeline.at(-1)?.at ?? rescue.created_at;
  const what = rescue.problem ?? rescue.kind;
  return (
    <article className="rounded-2xl border border-(--border) bg-(--surface) p-5">
      <p className="text-sm text-(--muted)">
        <time dateTime={ended}>{formats.dateTime(ended)}</time>
      </p>
      <p className="mt-1 text-xl font-semibold">{problems.has(`${what}.name` as never) ? problems(`${what}.name` as never) : what}</p>
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {[
          [text("from"), from],
          [text("to"), to],
          ...(driver ? [[text("driver"), `${driver.name} · ${driver.vehicle.plate}`]] : []),
          [text("number"), shortId(rescue.id)],
        ].map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-(--muted)">{label}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-5 border-t border-(--border) pt-3">
        <PriceLines
          lines={charge.kind === "quote" ? lines(quote) : [{ label: text(`kinds.${charge.kind}`), detail: text("quoted", { price: money(quote.total_minor) }), amount: money(charge.owed) }]}
          total={{ label: price("total"), amount: money(charge.owed) }}
        />
      </div>
      <Notice tone={charge.state === "charged" || charge.state === "nothing" ? "success" : "info"} className="mt-4">
        {text(`states.${charge.state}`, { amount: money(payment.captured_minor), refunded: money(payment.refunded_minor) })}
      </Notice>
    </article>
  );
}

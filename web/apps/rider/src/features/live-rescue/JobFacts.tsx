import { useFormats } from "@supportcarr/i18n/useFormats";
import { usePlaceName } from "@supportcarr/phone-app/usePlaceName";
import { useTranslations } from "use-intl";

import type { Rescue } from "../../lib/api/types.ts";
import { owedBy } from "../../lib/owed.ts";

/** What was asked for. */
export function JobFacts({ rescue }: { rescue: Rescue }) {
  const text = useTranslations("live.facts");
  const problems = useTranslations("problems");
  const formats = useFormats();
  const { pickup, dropoff, quote, problem, kind, note } = rescue;
  const owed = owedBy(rescue);
  const what = problem ?? kind;
  const from = usePlaceName(pickup) ?? text("pin");
  const to = usePlaceName(dropoff) ?? text("pin");
  const rows: [string, string][] = [
    [text("what"), problems.has(`${what}.name` as never) ? problems(`${what}.name` as never) : what],
    [text("from"), from],
    [text("to"), to],
    [text("price"), owed === null ? text("noCharge") : formats.money(owed, quote.currency)],
    ...(note ? ([[text("note"), note]] as [string, string][]) : []),
  ];
  return (
    <dl className="divide-y divide-(--border) border-y border-(--border) text-sm">
      {rows.map(([label, value]) => (
        <div key={label} className="flex gap-3 py-2.5">
          <dt className="w-20 shrink-0 text-(--muted)">{label}</dt>
          <dd className="min-w-0 flex-1 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

import { Badge, type Tone } from "@supportcarr/ui/Badge";

import type { DriverCheck, DriverRow, ReviewDocument, Vehicle } from "../../../lib/api/types.ts";
import { useToday } from "../../../lib/area.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { DOCUMENT_TONES } from "../driverState.ts";
import { PaperTable } from "../PaperTable.tsx";
import { statedFacts } from "./statedFacts.ts";

const text = texts.review;

interface ReviewFactsProps {
  driver: DriverRow;
  /** The one that is shown beside; none at the decision about the driver. */
  document: ReviewDocument | null;
  vehicles: readonly Vehicle[];
}



/** What the driver stated, to be compared with the picture, and what the checks have found. */
export function ReviewFacts({ driver, document, vehicles }: ReviewFactsProps) {
  return (
    <section aria-label={text.stated} className="rounded-xl border border-(--border) bg-(--surface) p-4 text-sm">
      {document ? (
        <>
          <h3 className="flex flex-wrap items-center justify-between gap-2 font-semibold">
            {text.statedIn(describeCode(document.kind))}
            <Badge tone={DOCUMENT_TONES[document.state]}>{text.documentStates[document.state] ?? document.state}</Badge>
          </h3>
          {document.reason ? <p className="mt-2 text-(--muted)">{text.rejectedBecause(document.reason)}</p> : null}
          <DocumentFacts driver={driver} document={document} vehicles={vehicles} />
        </>
      ) : (
        <>
          <h3 className="mb-2 font-semibold">{texts.drivers.papersTitle}</h3>
          <PaperTable approved={driver.documents} stated={driver.state === "approved" ? driver.review : null} />
        </>
      )}
      <Checks checks={driver.checks ?? []} />
    </section>
  );
}

function DocumentFacts({ driver, document, vehicles }: ReviewFactsProps & { document: ReviewDocument }) {
  const facts = statedFacts(driver, document, vehicles, useToday());
  if (facts.length === 0) return <p className="mt-2 text-(--muted)">{text.nothingStated}</p>;
  return (
    <dl className="mt-2 divide-y divide-(--border)">
      {facts.map(({ name, value, end, elsewhere }) => (
        <div key={name} className="py-2.5">
          <dt className="text-xs text-(--muted)">{name}</dt>
          <dd className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-base font-medium wrap-anywhere">
            {value}
            {end ? <Badge tone={end === "over" ? "danger" : "warning"}>{end === "over" ? texts.drivers.isOver : texts.drivers.endsSoon}</Badge> : null}
            {elsewhere ? <Badge tone="warning">{text.elsewhere(elsewhere)}</Badge> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const CHECK_TONES: Record<string, Tone> = { clear: "success", pending: "info", consider: "warning", failed: "danger", not_configured: "neutral" };

/** What the identity and the background check have found. */
function Checks({ checks }: { checks: readonly DriverCheck[] }) {
  if (checks.length === 0) return null;
  return (
    <>
      <h3 className="mt-5 mb-2 font-semibold">{text.checks}</h3>
      <ul className="space-y-2">
        {checks.map(({ kind, outcome, detail }) => (
          <li key={kind}>
            <span className="flex flex-wrap items-center justify-between gap-2">
              {text.checkKinds[kind] ?? describeCode(kind)}
              <Badge tone={CHECK_TONES[outcome] ?? "neutral"}>{text.checkOutcomes[outcome] ?? describeCode(outcome)}</Badge>
            </span>
            {detail ? <span className="mt-0.5 block text-xs text-(--muted)">{detail}</span> : null}
          </li>
        ))}
      </ul>
    </>
  );
}

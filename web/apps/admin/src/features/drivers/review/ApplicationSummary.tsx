import { Badge } from "@supportcarr/ui/Badge";
import { Notice } from "@supportcarr/ui/Notice";

import type { DriverRow, ReviewDocument, Vehicle } from "../../../lib/api/types.ts";
import { formatDay } from "../../../lib/format.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { DOCUMENT_TONES } from "../driverState.ts";
import { VehicleLine } from "../VehicleLine.tsx";
import { inOrder } from "./reviewSteps.ts";

const text = texts.review;



interface ApplicationSummaryProps {
  driver: DriverRow;
  documents: readonly ReviewDocument[];
  vehicles: readonly Vehicle[];
  blockers: readonly string[];
  onOpen: (documentId: string) => void;
}

/** All of an application at a glance, before it is decided. */
export function ApplicationSummary({ driver, documents, vehicles, blockers, onOpen }: ApplicationSummaryProps) {
  const { decision } = driver;
  return (
    <section aria-label={text.decision} className="space-y-5 rounded-xl border border-(--border) bg-(--surface) p-4 text-sm sm:p-5">
      {blockers.length ? <Notice tone="warning">{text.blocked(blockers.map(describeCode).join(", "))}</Notice> : <Notice tone="success">{text.ready}</Notice>}
      {decision?.reason ? (
        <div>
          <h3 className="mb-1 font-semibold">{text.lastDecision(texts.drivers.states[decision.state])}</h3>
          <p className="wrap-anywhere text-(--muted)">{decision.reason}</p>
        </div>
      ) : null}
      <div>
        <h3 className="mb-1 font-semibold">{text.documents}</h3>
        {documents.length === 0 ? <p className="text-(--muted)">{text.noDocuments}</p> : null}
        <ul className="divide-y divide-(--border)">
          {inOrder(documents).map(({ id, kind, state, reason, expires_on }) => (
            <li key={id} className="flex flex-wrap items-center justify-between gap-2 py-2">
              <span className="min-w-0">
                <button type="button" onClick={() => onOpen(id)} className="min-h-6 font-medium underline decoration-(--border-strong) underline-offset-4 hover:decoration-current">
                  {describeCode(kind)}
                </button>
                {expires_on ? <span className="ml-2 text-xs text-(--muted)">{text.until(formatDay(expires_on))}</span> : null}
                {reason ? <span className="block text-xs wrap-anywhere text-(--muted)">{reason}</span> : null}
              </span>
              <Badge tone={DOCUMENT_TONES[state]}>{text.documentStates[state] ?? state}</Badge>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3 className="mb-1 font-semibold">{text.vehicles}</h3>
        {vehicles.length === 0 ? <p className="text-(--muted)">{text.noVehicle}</p> : null}
        <ul className="space-y-2">
          {vehicles.map((vehicle) => (
            <li key={vehicle.id}>
              <VehicleLine vehicle={vehicle} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

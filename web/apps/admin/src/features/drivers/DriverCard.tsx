import { Badge, type Tone } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { useId, useState } from "react";

import type { DriverRow } from "../../lib/api/types.ts";
import { formatDate, formatDateTime } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { type Decision, DecisionDialog } from "./DecisionDialog.tsx";
import { PaperTable } from "./PaperTable.tsx";

const text = texts.drivers;

const TONES: Record<DriverRow["application_state"], Tone> = {
  draft: "neutral",
  submitted: "info",
  in_review: "info",
  changes_requested: "warning",
  approved: "success",
  rejected: "danger",
  suspended: "danger",
};

/** What an operator may decide about a driver now, the usual one first. */
function decisionsOf({ state, application_state, review }: DriverRow): Decision[] {
  if (state === "suspended") return ["reinstate"];
  if (state === "approved") return review ? ["approve", "sendBack", "suspend"] : ["suspend"];
  return application_state === "submitted" || application_state === "in_review" || application_state === "changes_requested"
    ? ["approve", "sendBack", "suspend"]
    : application_state === "rejected"
      ? ["approve"]
      : ["approve", "suspend"];
}

/** One driver; opened it shows the papers and the decisions. */
export function DriverCard({ driver, onDecided }: { driver: DriverRow; onDecided: (message: string) => Promise<void> }) {
  const [open, setOpen] = useState(false);
  const [deciding, setDeciding] = useState<Decision | null>(null);
  const detailsId = useId();
  const name = driver.name ?? text.unnamed;
  return (
    <li aria-label={name} className="rounded-xl border border-(--border) bg-(--surface)">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={detailsId}
          onClick={() => setOpen(!open)}
          className="flex w-full items-center gap-3 rounded-xl px-4 py-3 text-left -outline-offset-2 hover:bg-(--hover)"
        >
          <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-2">
            <span className="min-w-40 flex-1">
              <span className="block font-medium wrap-anywhere">{name}</span>
              <span className="block text-xs text-(--muted)">{text.since(formatDate(driver.created_at))}</span>
            </span>
            <span className="flex flex-wrap gap-1.5">
              {driver.review ? <Badge tone="warning">{text.papersToReview}</Badge> : null}
              {driver.online ? <Badge tone="success">{text.online}</Badge> : null}
              <Badge tone={TONES[driver.application_state]}>{text.states[driver.application_state]}</Badge>
            </span>
          </span>
          <svg viewBox="0 0 16 16" className={`size-4 shrink-0 text-(--muted) ${open ? "rotate-180" : ""}`} aria-hidden="true">
            <path d="m3 6 5 5 5-5" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" fill="none" />
          </svg>
        </button>
      </h2>
      <div id={detailsId} hidden={!open} className="border-t border-(--border) p-4 text-sm">
        {open ? (
          <>
            <PaperTable approved={driver.documents} stated={driver.state === "approved" ? driver.review : null} />
            <dl className="mt-4 flex flex-wrap gap-x-8 gap-y-2">
              {[
                [text.reason, driver.decision?.reason ?? ""],
                [text.waitingSince, driver.waiting_since ? formatDateTime(driver.waiting_since) : ""],
                [text.stillMissing, driver.missing.map(describeCode).join(", ")],
                [text.offlineBecause, driver.offline_reason ? describeCode(driver.offline_reason) : ""],
                [text.id, driver.id],
              ].map(([label, value]) =>
                value ? (
                  <div key={label}>
                    <dt className="text-xs text-(--muted)">{label}</dt>
                    <dd className="wrap-anywhere">{value}</dd>
                  </div>
                ) : null,
              )}
            </dl>
            <div className="mt-5 flex flex-wrap gap-2">
              {decisionsOf(driver).map((decision, index) => (
                <Button
                  key={decision}
                  variant={index === 0 && decision !== "suspend" ? "primary" : "secondary"}
                  className={`max-sm:w-full ${decision === "suspend" ? "text-rose-700 dark:text-rose-300" : ""}`}
                  onClick={() => setDeciding(decision)}
                >
                  {text.decisions[decision].open}
                </Button>
              ))}
            </div>
          </>
        ) : null}
      </div>
      {deciding ? (
        <DecisionDialog
          driver={driver}
          decision={deciding}
          onClose={() => setDeciding(null)}
          onDecided={async (message) => {
            setDeciding(null);
            await onDecided(message);
          }}
        />
      ) : null}
    </li>
  );
}

import { Badge, type Tone } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { useId, useState } from "react";

import { approveDriver, suspendDriver } from "../../lib/api/drivers.ts";
import type { DriverRow } from "../../lib/api/types.ts";
import { formatDate } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { PaperTable } from "./PaperTable.tsx";

const text = texts.drivers;

const TONES: Record<DriverRow["state"], Tone> = { pending: "info", approved: "success", suspended: "danger" };

type Decision = "approve" | "suspend";

/** One driver; opened it shows the papers and the decisions. */
export function DriverCard({ driver, onDecided }: { driver: DriverRow; onDecided: (message: string) => Promise<void> }) {
  const [open, setOpen] = useState(false);
  const [deciding, setDeciding] = useState<Decision | null>(null);
  const detailsId = useId();
  const name = driver.name ?? text.unnamed;
  const approval = driver.state === "suspended" ? text.endSuspension : driver.review && driver.state === "approved" ? text.acceptPapers : driver.state === "pending" ? text.approve : null;
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
              <Badge tone={TONES[driver.state]}>{text.filters[driver.state]}</Badge>
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
              {approval ? (
                <Button className="max-sm:w-full" onClick={() => setDeciding("approve")}>
                  {approval}
                </Button>
              ) : null}
              {driver.state === "suspended" ? null : (
                <Button variant="secondary" className="text-rose-700 max-sm:w-full dark:text-rose-300" onClick={() => setDeciding("suspend")}>
                  {text.suspend}
                </Button>
              )}
            </div>
          </>
        ) : null}
      </div>
      {deciding ? (
        <FormDialog
          title={deciding === "approve" ? text.approveTitle(name) : text.suspendTitle(name)}
          about={deciding === "suspend" ? text.suspendAbout : driver.missing.length ? text.approveMissing(driver.missing.map(describeCode).join(", ")) : text.approveAbout}
          submit={deciding === "approve" ? text.approve : text.suspendSubmit}
          pending={text.saving}
          tone={deciding === "approve" ? "primary" : "danger"}
          onSubmit={async () => {
            await (deciding === "approve" ? approveDriver(driver.id) : suspendDriver(driver.id));
            setDeciding(null);
            await onDecided(deciding === "approve" ? text.approved(name) : text.suspended(name));
          }}
          onClose={() => setDeciding(null)}
        />
      ) : null}
    </li>
  );
}

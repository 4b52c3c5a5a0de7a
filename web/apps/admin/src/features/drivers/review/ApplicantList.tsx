import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";

import type { DriverRow } from "../../../lib/api/types.ts";
import { formatDateTime } from "../../../lib/format.ts";
import { texts } from "../../../lib/texts.ts";

const text = texts.review;

interface ApplicantListProps {
  applications: readonly DriverRow[];
  /** There are more than those that are listed; they are loaded by `onMore`. */
  more: boolean;
  onMore: () => void;
  selected: string;
  onSelect: (driverId: string) => void;
}

const nameOf = ({ name }: DriverRow): string => name ?? texts.drivers.unnamed;

function waitsFor({ application_state, attention }: DriverRow): string {
  if (application_state !== "approved") return texts.drivers.states[application_state];
  return attention.includes("papers") ? text.newPapers : text.newCheck;
}

/** Who waits for a decision, and since when; on a narrow window a choice instead of a list. */
export function ApplicantList({ applications, more, onMore, selected, onSelect }: ApplicantListProps) {
  const listed = applications.some(({ id }) => id === selected);
  return (
    <nav aria-label={text.queue} className="min-w-0">
      <h2 className="mb-2 flex items-center justify-between text-sm font-semibold">
        {text.queue}
        <span className="font-normal text-(--muted) tabular-nums">{text.waiting(applications.length, more)}</span>
      </h2>
      <select
        aria-label={text.applicant}
        value={listed ? selected : ""}
        onChange={(event) => event.target.value && onSelect(event.target.value)}
        className="w-full rounded-lg border border-(--border-strong) bg-(--surface) px-3 py-2.5 lg:hidden"
      >
        {listed ? null : <option value="">{text.choose}</option>}
        {applications.map((application) => (
          <option key={application.id} value={application.id}>
            {nameOf(application)}
          </option>
        ))}
      </select>
      <ul className="hidden max-h-[45svh] space-y-1 overflow-y-auto lg:block">
        {applications.map((application) => (
          <li key={application.id}>
            <button
              type="button"
              aria-current={application.id === selected ? "true" : undefined}
              onClick={() => onSelect(application.id)}
              className="w-full rounded-lg border border-transparent px-3 py-2 text-left -outline-offset-2 hover:bg-(--hover) aria-[current]:border-(--border) aria-[current]:bg-(--selected)"
            >
              <span className="block truncate text-sm font-medium">{nameOf(application)}</span>
              <span className="mt-0.5 flex flex-wrap items-center justify-between gap-1 text-xs text-(--muted)">
                {application.waiting_since ? formatDateTime(application.waiting_since) : null}
                {application.application_state === "submitted" ? null : (
                  <Badge tone="info">{waitsFor(application)}</Badge>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {more ? (
        <Button variant="ghost" className="mt-1 text-sm" onClick={onMore}>
          {text.more}
        </Button>
      ) : null}
    </nav>
  );
}

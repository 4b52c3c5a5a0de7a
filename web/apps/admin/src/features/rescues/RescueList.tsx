import { Badge } from "@supportcarr/ui/Badge";
import { Link } from "@tanstack/react-router";

import { useTimeOfDay } from "../../lib/area.ts";
import { shortId } from "../../lib/format.ts";
import type { LiveRescue } from "../../lib/liveRescues.ts";
import { describeStatus } from "../../lib/rescueStatus.ts";
import { describeCode, texts } from "../../lib/texts.ts";

interface RescueListProps {
  title: string;
  rescues: readonly LiveRescue[];
  emptyText: string;
  /** A short text below the status: a time or an amount. */
  describe: (rescue: LiveRescue) => string | null;
}

/** A titled list of links to rescues; the link of the open one has `aria-current`. */
export function RescueList({ title, rescues, emptyText, describe }: RescueListProps) {
  return (
    <>
      <h3 className="sticky top-0 flex justify-between bg-(--surface) px-4 pt-3 pb-1 text-xs font-semibold text-(--muted)">
        {title}
        <span className="tabular-nums">{rescues.length}</span>
      </h3>
      {rescues.length === 0 ? <p className="px-4 py-2 text-sm text-(--muted)">{emptyText}</p> : null}
      <ul>
        {rescues.map((rescue) => (
          <li key={rescue.id}>
            <Row rescue={rescue} detail={describe(rescue)} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Row({ rescue, detail }: { rescue: LiveRescue; detail: string | null }) {
  const timeOfDay = useTimeOfDay();
  const { label, tone } = describeStatus(rescue.status);
  return (
    <Link
      to="/rescues/$rescueId"
      params={{ rescueId: rescue.id }}
      activeOptions={{ includeSearch: false }}
      className="flex items-start justify-between gap-3 px-4 py-2 -outline-offset-2 hover:bg-(--hover) aria-[current]:bg-(--selected)"
    >
      <span className="min-w-0">
        <span className="block text-sm wrap-anywhere font-medium">{describeCode(rescue.problem ?? rescue.kind ?? "rescue")}</span>
        <span className="mt-0.5 block text-xs text-(--muted) tabular-nums">
          {shortId(rescue.id)} · {timeOfDay(rescue.requested_at)}
        </span>
      </span>
      <span className="shrink-0 text-right">
        {rescue.unverified?.length ? <Badge tone="danger">{texts.rescue.unverified}</Badge> : null} <Badge tone={tone}>{label}</Badge>
        <span className="mt-0.5 block pr-2 text-xs text-(--muted) tabular-nums">{detail}</span>
      </span>
    </Link>
  );
}

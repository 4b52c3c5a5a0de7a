import { Badge } from "@supportcarr/ui/Badge";

import type { TimelineEntry } from "../../lib/api/types.ts";
import { useTimeOfDay } from "../../lib/area.ts";
import { formatDuration } from "../../lib/format.ts";
import { describeStatus } from "../../lib/rescueStatus.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.rescue;

/** The statuses of a rescue in order, each with its actor, its reason and the time since the previous one. */
export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  const timeOfDay = useTimeOfDay();
  const ordered = [...entries].sort((a, b) => a.version - b.version);
  return (
    <ol className="relative ml-1.5 border-l-2 border-(--border) pl-5">
      {ordered.map((entry, index) => {
        const { label, tone } = describeStatus(entry.to);
        return (
          <li key={entry.version} className="relative pb-4 last:pb-0">
            <span className="absolute top-1.5 -left-[27px] size-3 rounded-full border-2 border-(--surface) bg-(--accent)" />
            <div className="flex items-center justify-between gap-2">
              <Badge tone={tone}>{label}</Badge>
              <time dateTime={entry.at} className="text-xs text-(--muted) tabular-nums">
                {timeOfDay(entry.at)}
              </time>
            </div>
            <p className="mt-0.5 text-xs text-(--muted)">{describeChange(entry, ordered[index - 1])}</p>
            {entry.unverified ? (
              <p className="mt-1">
                <Badge tone="danger">{describeCode(entry.unverified)}</Badge>
              </p>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}

function describeChange(entry: TimelineEntry, previous: TimelineEntry | undefined): string {
  const parts = [text.by(describeCode(entry.actor.role).toLowerCase())];
  if (entry.reason) parts.push(describeCode(entry.reason));
  if (previous) parts.push(text.after(formatDuration((Date.parse(entry.at) - Date.parse(previous.at)) / 1000)));
  return parts.join(" · ");
}

import { Badge } from "@supportcarr/ui/src/Badge.tsx";

import type { TimelineEntry } from "../../lib/api.ts";
import { useTimeOfDay } from "../../lib/area.ts";
import { duration } from "../../lib/format.ts";
import { statusOf } from "../../lib/status.ts";
import { said, texts } from "../../lib/texts.ts";

const text = texts.rescue;

/** What happened to a rescue: each state with who made it, why, and how long after the one before. */
export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  const timeOfDay = useTimeOfDay();
  const ordered = [...entries].sort((a, b) => a.version - b.version);
  return (
    <ol className="relative ml-1.5 border-l-2 border-(--line) pl-5">
      {ordered.map((entry, index) => {
        const { label, tone } = statusOf(entry.to);
        return (
          <li key={entry.version} className="relative pb-4 last:pb-0">
            <span className="absolute top-1.5 -left-[27px] size-3 rounded-full border-2 border-(--panel) bg-brand-600" />
            <div className="flex items-center justify-between gap-2">
              <Badge tone={tone}>{label}</Badge>
              <time dateTime={entry.at} className="text-xs text-(--quiet) tabular-nums">
                {timeOfDay(entry.at)}
              </time>
            </div>
            <p className="mt-0.5 text-xs text-(--quiet)">{circumstances(entry, ordered[index - 1])}</p>
          </li>
        );
      })}
    </ol>
  );
}

function circumstances(entry: TimelineEntry, before: TimelineEntry | undefined): string {
  const parts = [text.by(said(entry.actor.role).toLowerCase())];
  if (entry.reason) parts.push(said(entry.reason));
  if (before) parts.push(text.after(duration((Date.parse(entry.at) - Date.parse(before.at)) / 1000)));
  return parts.join(" · ");
}

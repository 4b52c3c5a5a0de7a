import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { Panel } from "@supportcarr/ui/src/Panel.tsx";
import { useState } from "react";

import { type Line, useCity } from "../../lib/city.ts";
import { money, shortId, timeOfDay, words } from "../../lib/format.ts";
import { statusOf } from "../../lib/status.ts";

export function EventStream() {
  const lines = useCity((city) => city.lines);
  const [held, setHeld] = useState<Line[] | null>(null);
  return (
    <Panel
      title="Events"
      aside={
        <button type="button" onClick={() => setHeld(held ? null : lines)} className="rounded-md px-2 py-0.5 text-xs text-(--quiet) hover:bg-(--hover)">
          {held ? "Resume" : "Pause"}
        </button>
      }
    >
      {lines.length === 0 ? <p className="p-4 text-sm text-(--quiet)">What happens in the city appears here.</p> : null}
      <ol className="divide-y divide-(--line)" aria-live="off">
        {(held ?? lines).map((line) => (
          <Row key={`${line.id}-${line.name}`} line={line} />
        ))}
      </ol>
    </Panel>
  );
}

function Row({ line }: { line: Line }) {
  const open = useCity((city) => city.open);
  return (
    <li>
      <button type="button" disabled={!line.rescueId} onClick={() => open(line.rescueId)} className="block w-full px-4 py-2 text-left hover:bg-(--hover)">
        <span className="flex items-center justify-between gap-2">
          <Said line={line} />
          <time className="text-[11px] text-(--quiet) tabular-nums">{timeOfDay(line.at)}</time>
        </span>
        {line.rescueId ? (
          <span className="mt-0.5 block text-xs text-(--quiet)">
            {shortId(line.rescueId)}
            {typeof line.data.reason === "string" ? ` · ${words(line.data.reason)}` : ""}
          </span>
        ) : null}
      </button>
    </li>
  );
}

function Said({ line }: { line: Line }) {
  if (line.name === "rescue:status_update" && line.status) {
    const { label, tone } = statusOf(line.status);
    return <Badge tone={tone}>{label}</Badge>;
  }
  if (line.name === "payment:processed") {
    const { kind, status, amount_minor, currency } = line.data as { kind: string; status: string; amount_minor: number; currency: string };
    const failed = status !== "succeeded";
    return (
      <span className={`text-sm ${failed ? "text-rose-700 dark:text-rose-300" : ""}`}>
        {words(kind)} {money(amount_minor, currency)}
        {failed ? ` ${status.replaceAll("_", " ")}` : ""}
      </span>
    );
  }
  return <span className="text-sm">{line.name === "message:new" ? "Message" : words(line.name.replace(":", " "))}</span>;
}

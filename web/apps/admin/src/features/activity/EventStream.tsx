import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { Button } from "@supportcarr/ui/src/Button.tsx";
import { Panel } from "@supportcarr/ui/src/Panel.tsx";
import { useState } from "react";

import { useTimeOfDay } from "../../lib/area.ts";
import { type Line, useCity } from "../../lib/city.ts";
import { shortId } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";
import { detailsOf, type Tell, tell } from "./tell.ts";

export function EventStream({ className }: { className: string }) {
  const lines = useCity((city) => city.lines);
  const loaded = useCity((city) => city.loaded);
  const [held, setHeld] = useState<readonly Line[] | null>(null);
  const { events } = texts;
  const first = held?.[0]?.id;
  const added = held ? lines.findIndex((line) => line.id === first) : 0;
  const news = added < 0 ? lines.length : added;
  return (
    <Panel
      title={events.title}
      className={className}
      aside={
        <Button look="quiet" onClick={() => setHeld(held ? null : lines)} className="-my-1 -mr-2 text-xs">
          {held ? (news ? events.resumeWith(news) : events.resume) : events.pause}
        </Button>
      }
    >
      {lines.length === 0 ? <p className="p-4 text-sm text-(--quiet)">{loaded ? events.none : texts.loading}</p> : null}
      <ol className="divide-y divide-(--line)">
        {(held ?? lines).map((line) => (
          <li key={line.id}>
            <Row line={line} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Row({ line }: { line: Line }) {
  const open = useCity((city) => city.open);
  const timeOfDay = useTimeOfDay();
  const { rescueId } = line;
  const what = tell(line);
  const inside = (
    <>
      <span className="flex items-center justify-between gap-2">
        {what.tone ? <Badge tone={what.tone}>{what.text}</Badge> : <Said what={what} />}
        <time dateTime={line.at} className="text-[11px] text-(--quiet) tabular-nums">
          {timeOfDay(line.at)}
        </time>
      </span>
      {rescueId ? <span className="mt-0.5 block text-xs text-(--quiet)">{[shortId(rescueId), ...detailsOf(line)].join(" · ")}</span> : null}
    </>
  );
  if (!rescueId) return <div className="px-4 py-2">{inside}</div>;
  return (
    <button type="button" onClick={() => open(rescueId)} className="block w-full px-4 py-2 text-left -outline-offset-2 hover:bg-(--hover)">
      {inside}
    </button>
  );
}

function Said({ what }: { what: Tell }) {
  return <span className={`text-sm ${what.failed ? "text-rose-700 dark:text-rose-300" : ""}`}>{what.text}</span>;
}

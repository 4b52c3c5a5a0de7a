import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Panel } from "@supportcarr/ui/Panel";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useTimeOfDay } from "../../lib/area.ts";
import { type ActivityEvent, useCityStore } from "../../lib/cityStore.ts";
import { shortId } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";
import { describeEvent, describeReason } from "./describeEvent.ts";

/** The latest events of the city; while paused the list does not change. */
export function ActivityFeed({ className }: { className: string }) {
  const events = useCityStore((state) => state.events);
  const loaded = useCityStore((state) => state.loaded);
  const [pausedEvents, setPausedEvents] = useState<readonly ActivityEvent[] | null>(null);
  const newestPausedId = pausedEvents?.[0]?.id;
  const index = pausedEvents ? events.findIndex((event) => event.id === newestPausedId) : 0;
  const newCount = index < 0 ? events.length : index;
  const { pause, resume, resumeWith, title, none } = texts.activity;
  return (
    <Panel
      title={title}
      className={className}
      actions={
        <Button variant="ghost" onClick={() => setPausedEvents(pausedEvents ? null : events)} className="-my-1 -mr-2 text-xs">
          {pausedEvents ? (newCount ? resumeWith(newCount) : resume) : pause}
        </Button>
      }
    >
      {events.length === 0 ? <p className="p-4 text-sm text-(--muted)">{loaded ? none : texts.loading}</p> : null}
      <ol className="divide-y divide-(--border)">
        {(pausedEvents ?? events).map((event) => (
          <li key={event.id}>
            <Row event={event} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Row({ event }: { event: ActivityEvent }) {
  const timeOfDay = useTimeOfDay();
  const { rescueId } = event;
  const { text, tone, failed } = describeEvent(event);
  const content = (
    <>
      <span className="flex items-center justify-between gap-2">
        {tone ? <Badge tone={tone}>{text}</Badge> : <span className={`text-sm ${failed ? "text-(--danger-text)" : ""}`}>{text}</span>}
        <time dateTime={event.at} className="text-[11px] text-(--muted) tabular-nums">
          {timeOfDay(event.at)}
        </time>
      </span>
      {rescueId ? <span className="mt-0.5 block text-xs text-(--muted)">{[shortId(rescueId), describeReason(event)].filter(Boolean).join(" · ")}</span> : null}
    </>
  );
  if (!rescueId) return <div className="px-4 py-2">{content}</div>;
  return (
    <Link to="/rescues/$rescueId" params={{ rescueId }} className="block px-4 py-2 -outline-offset-2 hover:bg-(--hover)">
      {content}
    </Link>
  );
}

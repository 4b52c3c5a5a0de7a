import type { LiveRescue } from "../../lib/rescues.ts";
import { COMING, WAITING } from "../../lib/status.ts";
import { texts } from "../../lib/texts.ts";

export interface Group {
  key: keyof typeof texts.board.groups;
  rescues: LiveRescue[];
}

const STATES: Record<Group["key"], ReadonlySet<string>> = {
  waiting: WAITING,
  coming: COMING,
  there: new Set(["arrived"]),
  home: new Set(["in_transit"]),
};

/** The live rescues by what is happening to them, in the order of a rescue's life, the oldest first. */
export function grouped(rescues: Iterable<LiveRescue>): Group[] {
  const all = [...rescues].sort((a, b) => a.requested_at.localeCompare(b.requested_at));
  return (Object.keys(STATES) as Group["key"][]).map((key) => ({ key, rescues: all.filter((rescue) => STATES[key].has(rescue.status)) }));
}

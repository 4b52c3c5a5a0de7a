import type { LiveRescue } from "../../lib/liveRescues.ts";
import { APPROACHING_STATUSES, WAITING_STATUSES } from "../../lib/rescueStatus.ts";
import type { texts } from "../../lib/texts.ts";

export type GroupKey = keyof typeof texts.board.groups;

export interface RescueGroup {
  key: GroupKey;
  rescues: LiveRescue[];
}

const GROUP_STATUSES: Record<GroupKey, ReadonlySet<string>> = {
  waiting: WAITING_STATUSES,
  approaching: APPROACHING_STATUSES,
  atRider: new Set(["arrived"]),
  inTransit: new Set(["in_transit"]),
};

/** Groups the live rescues by stage, in the order of a rescue's life; within a group the oldest first. */
export function groupRescues(rescues: Iterable<LiveRescue>): RescueGroup[] {
  const oldestFirst = [...rescues].sort((a, b) => a.requested_at.localeCompare(b.requested_at));
  return (Object.keys(GROUP_STATUSES) as GroupKey[]).map((key) => ({ key, rescues: oldestFirst.filter(({ status }) => GROUP_STATUSES[key].has(status)) }));
}

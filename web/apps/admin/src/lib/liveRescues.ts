import type { RescueRow } from "./api/types.ts";
import { isLive, WAITING_STATUSES } from "./rescueStatus.ts";

/** A live rescue; only these fields are known of one that has been reported by events alone. */
export type LiveRescue = Partial<RescueRow> & Pick<RescueRow, "id" | "status" | "version" | "requested_at">;

/** Data of the event `rescue:status_update`. */
export interface StatusUpdate {
  rescue_id: string;
  status: string;
  version: number;
  previous?: string | null;
  reason?: string | null;
}

export interface LiveRescues {
  rescues: ReadonlyMap<string, LiveRescue>;
  /** The last event of each rescue, also of ended ones: its version, and the revision it led to. */
  lastEvents: ReadonlyMap<string, { version: number; revision: number }>;
  /** Number of events applied so far. */
  revision: number;
}

// An ended rescue is forgotten after so many revisions: far more than pass while a snapshot is fetched.
const FORGET_AFTER_REVISIONS = 2_000;
const FORGET_EVERY_REVISIONS = 500;

/** How long the rider has been waiting for a driver at the time `now` (ms), in seconds. */
export const waitingSeconds = (rescue: LiveRescue, now: number): number =>
  Math.max(0, (now - Date.parse(rescue.waiting_since ?? rescue.requested_at)) / 1000);

/** The longest current waiting time in seconds; 0 if no rider is waiting. */
export const longestWaitSeconds = (rescues: Iterable<LiveRescue>, now: number): number =>
  Math.max(0, ...[...rescues].filter(({ status }) => WAITING_STATUSES.has(status)).map((rescue) => waitingSeconds(rescue, now)));

/** Applies an event; an event that is not newer than the known version changes nothing. */
export function applyStatusUpdate(state: LiveRescues, update: StatusUpdate, at: string): LiveRescues {
  const { rescue_id: id, status, version } = update;
  const known = state.rescues.get(id);
  if ((known?.version ?? 0) >= version || (state.lastEvents.get(id)?.version ?? 0) >= version) return state;
  const revision = state.revision + 1;
  const rescues = new Map(state.rescues);
  if (isLive(status)) {
    rescues.set(id, {
      ...(known ?? { id, requested_at: at }),
      status,
      version,
      ...(status === "matching" ? { waiting_since: at } : {}),
      ...(status === "assigned" ? { assigned_at: at } : {}),
      ...(status === "arrived" ? { arrived_at: at } : {}),
    });
  } else rescues.delete(id);
  const lastEvents = new Map(state.lastEvents).set(id, { version, revision });
  if (revision % FORGET_EVERY_REVISIONS === 0) {
    for (const [otherId, last] of lastEvents) {
      if (last.revision < revision - FORGET_AFTER_REVISIONS && !rescues.has(otherId)) lastEvents.delete(otherId);
    }
  }
  return { rescues, lastEvents, revision };
}

/**
 * Merges a snapshot of the live rescues that was requested at `requestedAtRevision`.  Where an event
 * was newer than a row, the event wins.  A rescue that is not in the snapshot has ended, unless an
 * event reported it after the request.
 */
export function mergeRescueSnapshot(state: LiveRescues, rows: readonly RescueRow[], requestedAtRevision: number): LiveRescues {
  const rescues = new Map<string, LiveRescue>();
  for (const row of rows) {
    const eventIsNewer = (state.lastEvents.get(row.id)?.version ?? 0) > row.version;
    const known = state.rescues.get(row.id);
    if (!eventIsNewer) rescues.set(row.id, row);
    else if (known) rescues.set(row.id, { ...row, ...known });
  }
  for (const [id, known] of state.rescues) {
    if (!rescues.has(id) && (state.lastEvents.get(id)?.revision ?? 0) > requestedAtRevision) rescues.set(id, known);
  }
  return { rescues, lastEvents: state.lastEvents, revision: state.revision };
}

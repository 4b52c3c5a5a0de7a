import type { RescueRow } from "./api.ts";
import { isLive, WAITING } from "./status.ts";

/** A live rescue; of one that only events told of so far, little is known. */
export type LiveRescue = Partial<RescueRow> & Pick<RescueRow, "id" | "status" | "version" | "requested_at">;

export interface StatusUpdate {
  rescue_id: string;
  status: string;
  version: number;
  previous?: string | null;
  reason?: string | null;
}

/** The live rescues, and what events said of each rescue (ended ones too) and when (`turn`). */
export interface Rescues {
  rescues: ReadonlyMap<string, LiveRescue>;
  heard: ReadonlyMap<string, { version: number; turn: number }>;
  /** Counts the events that were applied. */
  turn: number;
}

const REMEMBERED = 2_000; // turns after which an ended rescue is forgotten: far longer than a read takes
const FORGET_EVERY = 500;

/** How long somebody has waited for a driver, at a time in ms, in seconds. */
export const waited = (rescue: LiveRescue, now: number): number => Math.max(0, (now - Date.parse(rescue.waiting_since ?? rescue.requested_at)) / 1000);

/** The longest that anybody waits now, in seconds; 0: nobody does. */
export const longestWait = (rescues: Iterable<LiveRescue>, now: number): number =>
  Math.max(0, ...[...rescues].filter(({ status }) => WAITING.has(status)).map((rescue) => waited(rescue, now)));

/** After an event; an older version than the one known changes nothing. */
export function moved(city: Rescues, update: StatusUpdate, at: string): Rescues {
  const { rescue_id: id, status, version } = update;
  const known = city.rescues.get(id);
  if ((known?.version ?? 0) >= version || (city.heard.get(id)?.version ?? 0) >= version) return city;
  const turn = city.turn + 1;
  const rescues = new Map(city.rescues);
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
  const heard = new Map(city.heard).set(id, { version, turn });
  if (turn % FORGET_EVERY === 0) {
    for (const [other, { turn: said }] of heard) {
      if (said < turn - REMEMBERED && !rescues.has(other)) heard.delete(other);
    }
  }
  return { rescues, heard, turn };
}

/**
 * After the live rescues were read, which was asked for at the turn `asked`.  Where an event said
 * something newer than a row, the event stands; who is not among the rows has ended, unless an event
 * told of them since.
 */
export function read(city: Rescues, rows: readonly RescueRow[], asked: number): Rescues {
  const rescues = new Map<string, LiveRescue>();
  for (const row of rows) {
    const newer = (city.heard.get(row.id)?.version ?? 0) > row.version;
    const known = city.rescues.get(row.id);
    if (!newer) rescues.set(row.id, row);
    else if (known) rescues.set(row.id, { ...row, ...known });
  }
  for (const [id, known] of city.rescues) {
    if (!rescues.has(id) && (city.heard.get(id)?.turn ?? 0) > asked) rescues.set(id, known);
  }
  return { rescues, heard: city.heard, turn: city.turn };
}

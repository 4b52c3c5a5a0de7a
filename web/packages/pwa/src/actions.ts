/** Why the platform refused an action: its problem's code and sentence, and those of its fields. */
export interface Refusal {
  status: number;
  code: string;
  detail: string;
  errors?: { field: string; code: string; detail: string }[];
}

/**
 * `saved`: on this phone, not tried yet; `queued`: tried, waits for the connection; `sending`; `failed`: the platform
 * refused it, and it and what follows of its subject wait for the person.
 */
export type ActionState = "saved" | "queued" | "sending" | "failed";

/** Something that a person did, kept on the phone until the platform has it. */
export interface Action {
  /** Sorts in the order in which they happened. */
  id: string;
  /** Whose it is: never sent with the session of somebody else. */
  owner: string;
  /** What it is about, for example a rescue: actions of one subject are sent in order. */
  subject: string;
  kind: string;
  url: string;
  body: unknown;
  /** What is uploaded with it, for example a photo. */
  file?: Blob;
  /** Its Idempotency-Key: the same on each attempt, from each tab; `null` for a route that takes none. */
  key: string | null;
  /** City time, ISO 8601. */
  happenedAt: string;
  /** It could not be sent at the moment at which it happened. */
  waited: boolean;
  state: Exclude<ActionState, "sending">;
  attempts: number;
  refusal?: Refusal;
}

export type NewAction = Pick<Action, "subject" | "kind" | "url" | "body" | "file" | "happenedAt"> & { key?: string | null };

/** Steps are sent at once, in order; what takes long, for example a photo, is sent beside them. */
export type Lane = "steps" | "uploads";

/**
 * What can be sent now of *owner*: of each subject the oldest step, unless the platform refused it, and the uploads
 * before which no step of their subject waits.  No step waits for an upload, and no upload for one that was refused.
 */
export function sendable(actions: readonly Action[], owner: string, lane: Lane, laneOf: (action: Action) => Lane): Action[] {
  const blocked = new Set<string>();
  return actions
    .filter((action) => action.owner === owner)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .filter((action) => {
      const { subject, state } = action;
      const free = !blocked.has(subject);
      if (laneOf(action) === "steps") blocked.add(subject);
      return free && state !== "failed" && laneOf(action) === lane;
    });
}

/** Whether an action may succeed when it is sent again as it is; 0: there was no response. */
export const mayRetry = (status: number, code = ""): boolean =>
  status < 400 || status >= 500 || status === 401 || status === 408 || status === 425 || status === 429 || code === "conflict"; // others changed it at the same moment

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** How long to wait before the next attempt; the server's own wish (`Retry-After`, in seconds) goes first. */
export function pauseMs(failures: number, retryAfter: string | undefined, random: () => number = Math.random): number {
  const wished = Number(retryAfter);
  if (retryAfter !== undefined && Number.isFinite(wished) && wished >= 0) return wished * 1_000 + random() * 250;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1)) * (0.5 + random() / 2);
}

let lastTime = 0;
let count = 0;

/** An id that sorts after those that this tab gave before it. */
export function nextId(now = Date.now()): string {
  count = now <= lastTime ? count + 1 : 0;
  lastTime = Math.max(now, lastTime);
  return `${lastTime.toString().padStart(15, "0")}-${count.toString().padStart(6, "0")}-${crypto.randomUUID()}`;
}

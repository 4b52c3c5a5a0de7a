import { browserLocks, hasDatabases, openChannel, whileLocked } from "@supportcarr/client/browserStorage";
import { toProblem } from "@supportcarr/client/http";
import { AxiosError, type AxiosInstance } from "axios";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import { type Action, type ActionState, type Lane, mayRetry, type NewAction, nextId, pauseMs, type Refusal, sendable } from "./actions.ts";
import { type ActionStore, browserStore, memoryStore } from "./actionStore.ts";

/** An action as screens show it. */
export type ShownAction = Omit<Action, "state"> & { state: ActionState };

/** The platform has refused an action, or it must not be sent any more; the fields are those of its problem. */
export class RefusedAction extends Error {
  readonly code: string;
  readonly detail: string;
  readonly errors: Refusal["errors"];

  constructor({ code, detail, errors }: Omit<Refusal, "status">) {
    super(detail);
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}

/** One tab at a time in each lane: the part of `LockManager` that is used, or a stand-in. */
export type OneAtATime = (work: () => Promise<void>, lane: Lane) => Promise<void>;

export interface QueueOptions {
  store: ActionStore;
  /** Sends one action; rejects with the client's error, or with `RefusedAction` for one that must not be sent. */
  send: (action: Action) => Promise<unknown>;
  /** Whose session the app has; `null`: none. */
  owner: () => string | null;
  /** By default everything is a step. */
  laneOf?: (action: Action) => Lane;
  oneAtATime?: OneAtATime;
  isOnline?: () => boolean;
  /** Tells the other tabs that the stored actions have changed. */
  announce?: () => void;
  random?: () => number;
}

/** Called with an action that the platform has carried out, and with its response. */
export type SentListener = (action: Action, response: unknown) => void;

interface QueueState {
  actions: readonly ShownAction[];
}

/**
 * Actions that are kept on the phone and sent in order, each subject by itself, when there is a connection.  Uploads
 * are sent beside them: they follow the steps that were before them, and no step waits for them.  Each action is sent
 * with its own Idempotency-Key on every attempt, so the platform carries it out once; routes that take no key are
 * themselves idempotent.
 */
export class ActionQueue {
  readonly state: StoreApi<QueueState> = createStore<QueueState>(() => ({ actions: [] }));
  private readonly listeners = new Set<SentListener>();
  private readonly sending = new Set<string>();
  /** What the platform has, while it is being deleted here: no screen shows it beside what the platform made of it. */
  private readonly sent = new Set<string>();
  private readonly timers = new Map<Lane, ReturnType<typeof setTimeout>>();
  private readonly running = new Map<Lane, Promise<void>>();

  constructor(private readonly options: QueueOptions) {}

  /** Keeps the action and begins to send it; resolves once it is kept.  Rejects if nobody is signed in. */
  async enqueue(given: NewAction): Promise<Action> {
    const action = await this.keep(given);
    void this.flush();
    return action;
  }

  /**
   * Does the action now if that is possible: resolves to `sent`, or to `kept` if it waits for the connection.  Rejects
   * with `RefusedAction` if the platform refuses it at once, and then it is not kept.
   */
  async perform(given: NewAction): Promise<"sent" | "kept"> {
    const action = await this.keep(given);
    const { id } = action;
    await this.flushLane("steps");
    const uploads = this.flushLane("uploads"); // some may have waited for a step that is sent now
    if (this.laneOf(action) === "uploads") await uploads;
    const kept = await this.find(id);
    if (!kept) return "sent";
    if (!kept.refusal) return "kept";
    await this.drop(id);
    throw new RefusedAction(kept.refusal);
  }

  /** Takes over an action that was kept elsewhere, for the person who is signed in. */
  async adopt(action: Omit<Action, "owner">): Promise<void> {
    await this.put({ ...action, owner: this.requireOwner() });
  }

  private async keep(given: NewAction): Promise<Action> {
    const waited = !(this.options.isOnline?.() ?? true);
    const key = given.key === undefined ? crypto.randomUUID() : given.key;
    const action: Action = { ...given, id: nextId(), owner: this.requireOwner(), key, waited, state: "saved", attempts: 0 };
    await this.put(action);
    return action;
  }

  private requireOwner(): string {
    const owner = this.options.owner();
    if (owner === null) throw new Error("an action belongs to a person who is signed in");
    return owner;
  }

  /** Sends what can be sent; called at the start, after a sign-in, and when the connection is back. */
  async flush(): Promise<void> {
    await this.flushLane("steps");
    await this.flushLane("uploads");
  }

  private flushLane(lane: Lane): Promise<void> {
    const running = this.running.get(lane);
    if (running) return running.then(() => this.flushLane(lane));
    const oneAtATime = this.options.oneAtATime ?? ((work) => work());
    const run = oneAtATime(() => this.sendAll(lane), lane).finally(() => this.running.delete(lane));
    this.running.set(lane, run);
    return run;
  }

  private laneOf(action: Action): Lane {
    return this.options.laneOf?.(action) ?? "steps";
  }

  /** Tries an action again that the platform refused. */
  async retry(id: string): Promise<void> {
    const action = await this.find(id);
    if (!action) return;
    delete action.refusal;
    await this.put({ ...action, state: "queued" });
    await this.flush();
  }

  /** Drops an action; what follows of its subject is sent. */
  async drop(id: string): Promise<void> {
    await this.remove(id);
    void this.flush();
  }

  /** Drops the actions of a subject, for example because it was ended otherwise; `except`: but these. */
  async dropSubject(subject: string, except: (action: ShownAction) => boolean = () => false): Promise<void> {
    const owner = this.options.owner();
    for (const action of await this.options.store.all()) {
      if (action.owner === owner && action.subject === subject && !except(action)) await this.options.store.remove(action.id);
    }
    await this.changed();
  }

  /**
   * A subject has ended otherwise: its steps are dropped, its uploads are still sent.  They say when they happened, so
   * that they are judged by that time.
   */
  async endSubject(subject: string): Promise<void> {
    const isUpload = (action: Action) => this.laneOf(action) === "uploads";
    const owner = this.options.owner();
    for (const action of await this.options.store.all()) {
      if (action.owner !== owner || action.subject !== subject) continue;
      if (isUpload(action)) await this.options.store.change(action.id, { waited: true });
      else await this.options.store.remove(action.id);
    }
    await this.changed();
    void this.flush();
  }

  /** Deletes every action that is kept: the person signs out. */
  async clear(): Promise<void> {
    this.timers.forEach(clearTimeout);
    for (const { id } of await this.options.store.all()) await this.options.store.remove(id);
    await this.changed();
  }

  /** Calls `listener` for each action that the platform has carried out; returns what ends that. */
  onSent(listener: SentListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads what is kept: another tab has changed it, or somebody else has signed in. */
  async read(): Promise<void> {
    const owner = this.options.owner();
    const kept = (await this.options.store.all()).filter((action) => action.owner === owner && !this.sent.has(action.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.state.setState({ actions: kept.map((action) => ({ ...action, state: this.sending.has(action.id) ? "sending" : action.state })) });
  }

  private async sendAll(lane: Lane): Promise<void> {
    clearTimeout(this.timers.get(lane));
    const waiting = new Set<string>(); // subjects that have to wait for their next attempt
    let pause: number | null = null;
    for (;;) {
      const owner = this.options.owner();
      if (owner === null || !(this.options.isOnline?.() ?? true)) break;
      const kept = await this.options.store.all();
      const next = sendable(kept, owner, lane, (action) => this.laneOf(action)).find(({ subject }) => !waiting.has(subject));
      if (!next) break;
      await this.markOvertaken(kept, next);
      const wait = await this.sendOne(next);
      if (wait !== null) {
        waiting.add(next.subject);
        pause = Math.min(pause ?? wait, wait);
      }
    }
    await this.read();
    if (pause !== null) this.timers.set(lane, setTimeout(() => void this.flush(), pause));
  }

  /** Uploads that a step overtakes are sent later than they happened. */
  private async markOvertaken(kept: readonly Action[], { id, owner, subject }: Action): Promise<void> {
    for (const action of kept) {
      const overtaken = action.owner === owner && action.subject === subject && action.id < id && this.laneOf(action) === "uploads";
      if (overtaken && !action.waited && !this.sending.has(action.id)) await this.options.store.change(action.id, { waited: true });
    }
  }

  /** The pause before the next attempt; `null` if there is none, because it is sent or refused. */
  private async sendOne(action: Action): Promise<number | null> {
    this.sending.add(action.id);
    await this.read();
    let response: unknown;
    try {
      response = await this.options.send(action);
    } catch (error) {
      this.sending.delete(action.id);
      if (!(await this.find(action.id))) return null; // dropped, or signed out, meanwhile
      const { status, code, detail, errors } = error instanceof RefusedAction ? { status: 409, code: error.code, detail: error.detail, errors: error.errors } : toProblem(error);
      const attempts = action.attempts + 1;
      if (mayRetry(status, code)) {
        await this.put({ ...action, state: "queued", waited: true, attempts });
        return pauseMs(attempts, retryAfterOf(error), this.options.random);
      }
      const why = errors?.map((one) => one.detail).join(" ");
      const waited = action.waited || this.laneOf(action) === "uploads"; // tried again, it is later than it happened; a step happens then
      await this.put({ ...action, state: "failed", waited, attempts, refusal: { status, code, detail: why || detail, ...(errors ? { errors } : {}) } });
      return null;
    }
    this.sending.delete(action.id);
    this.sent.add(action.id);
    this.listeners.forEach((listener) => listener(action, response));
    this.state.setState(({ actions }) => ({ actions: actions.filter(({ id }) => id !== action.id) }));
    await this.remove(action.id);
    this.sent.delete(action.id);
    return null;
  }

  private async find(id: string): Promise<Action | undefined> {
    return (await this.options.store.all()).find((action) => action.id === id);
  }

  private async put(action: Action): Promise<void> {
    await this.options.store.put(action);
    await this.changed();
  }

  private async remove(id: string): Promise<void> {
    await this.options.store.remove(id);
    await this.changed();
  }

  private async changed(): Promise<void> {
    await this.read();
    this.options.announce?.();
  }
}

function retryAfterOf(error: unknown): string | undefined {
  const value: unknown = error instanceof AxiosError ? error.response?.headers["retry-after"] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Posts the body of an action with its key; resolves to the response's body. */
export const postAction = async (http: AxiosInstance, { url, body, key }: Action): Promise<unknown> =>
  (await http.post<unknown>(url, body, { headers: key === null ? {} : { "Idempotency-Key": key } })).data;

export interface BrowserQueueOptions {
  app: string;
  /** The app's session: whose actions are sent, and with what. */
  session: { http: AxiosInstance; personId: () => string | null; onPersonChange: (listener: () => void) => unknown };
  /** Sends one action; by default its body is posted to its URL, with its key. */
  send?: (action: Action) => Promise<unknown>;
  laneOf?: (action: Action) => Lane;
}

/** The queue of an app in its browser. */
export function createQueue({ app, session: { http, personId, onPersonChange }, send, laneOf }: BrowserQueueOptions): ActionQueue {
  const channel = openChannel(`supportcarr.${app}.actions`);
  const locks = browserLocks();
  const queue = new ActionQueue({
    store: hasDatabases() ? browserStore(app) : memoryStore(),
    owner: personId,
    send: send ?? ((action) => postAction(http, action)),
    isOnline: () => navigator.onLine,
    announce: () => channel?.postMessage(null),
    ...(laneOf ? { laneOf } : {}),
    ...(locks ? { oneAtATime: (work: () => Promise<void>, lane: Lane) => whileLocked(locks, `supportcarr.${app}.${lane === "uploads" ? "uploads" : "actions"}`, work) } : {}),
  });
  if (channel) channel.onmessage = () => void queue.read();
  const resume = () => void queue.flush();
  addEventListener("online", resume);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") resume();
  });
  onPersonChange(() => void queue.read().then(resume));
  return queue;
}

/** The actions of the signed-in person that are not sent yet, oldest first. */
export const useQueue = (queue: ActionQueue): readonly ShownAction[] => useStore(queue.state, ({ actions }) => actions);

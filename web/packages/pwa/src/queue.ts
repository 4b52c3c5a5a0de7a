import { toProblem } from "@supportcarr/client/http";
import { AxiosError, type AxiosInstance } from "axios";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import { type Action, type ActionState, mayRetry, type NewAction, nextId, pauseMs, sendable } from "./actions.ts";
import { type ActionStore, browserStore, memoryStore } from "./actionStore.ts";

/** An action as screens show it. */
export type ShownAction = Omit<Action, "state"> & { state: ActionState };

/** One tab at a time: the part of `LockManager` that is used, or a stand-in. */
export type OneAtATime = (work: () => Promise<void>) => Promise<void>;

export interface QueueOptions {
  store: ActionStore;
  /** Sends one action; rejects with the client's error. */
  send: (action: Action) => Promise<unknown>;
  /** Whose session the app has; `null`: none. */
  owner: () => string | null;
  oneAtATime?: OneAtATime;
  isOnline?: () => boolean;
  /** Tells the other tabs that the stored actions have changed. */
  announce?: () => void;
  random?: () => number;
}

interface QueueState {
  actions: readonly ShownAction[];
}

/**
 * Actions that are kept on the phone and sent in order, each subject by itself, when there is a connection.  Each is
 * sent with its own Idempotency-Key on every attempt, so the platform carries it out once; routes that take no key are
 * themselves idempotent.
 */
export class ActionQueue {
  readonly state: StoreApi<QueueState> = createStore<QueueState>(() => ({ actions: [] }));
  private readonly listeners = new Set<(action: Action) => void>();
  private readonly sending = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;

  constructor(private readonly options: QueueOptions) {}

  /** Keeps the action and begins to send it; resolves once it is kept.  Rejects if nobody is signed in. */
  async enqueue(given: NewAction): Promise<Action> {
    const owner = this.options.owner();
    if (owner === null) throw new Error("an action belongs to a person who is signed in");
    const action: Action = { ...given, id: nextId(), owner, key: given.key === undefined ? crypto.randomUUID() : given.key, state: "saved", attempts: 0 };
    await this.put(action);
    void this.flush();
    return action;
  }

  /** Sends what can be sent; called at the start, after a sign-in, and when the connection is back. */
  flush(): Promise<void> {
    if (this.running) return this.running.then(() => this.flush());
    const oneAtATime = this.options.oneAtATime ?? ((work) => work());
    this.running = oneAtATime(() => this.sendAll()).finally(() => {
      this.running = null;
    });
    return this.running;
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

  /** Deletes every action that is kept: the person signs out. */
  async clear(): Promise<void> {
    clearTimeout(this.timer);
    for (const { id } of await this.options.store.all()) await this.options.store.remove(id);
    await this.changed();
  }

  /** Calls `listener` for each action that the platform has carried out; returns what ends that. */
  onSent(listener: (action: Action) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads what is kept: another tab has changed it, or somebody else has signed in. */
  async read(): Promise<void> {
    const owner = this.options.owner();
    const kept = (await this.options.store.all()).filter((action) => action.owner === owner).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.state.setState({ actions: kept.map((action) => ({ ...action, state: this.sending.has(action.id) ? "sending" : action.state })) });
  }

  private async sendAll(): Promise<void> {
    clearTimeout(this.timer);
    const waiting = new Set<string>(); // subjects that have to wait for their next attempt
    let pause: number | null = null;
    for (;;) {
      const owner = this.options.owner();
      if (owner === null || !(this.options.isOnline?.() ?? true)) break;
      const next = sendable(await this.options.store.all(), owner).find(({ subject }) => !waiting.has(subject));
      if (!next) break;
      const wait = await this.sendOne(next);
      if (wait !== null) {
        waiting.add(next.subject);
        pause = Math.min(pause ?? wait, wait);
      }
    }
    await this.read();
    if (pause !== null) this.timer = setTimeout(() => void this.flush(), pause);
  }

  /** The pause before the next attempt; `null` if there is none, because it is sent or refused. */
  private async sendOne(action: Action): Promise<number | null> {
    this.sending.add(action.id);
    await this.read();
    try {
      await this.options.send(action);
    } catch (error) {
      this.sending.delete(action.id);
      if (!(await this.find(action.id))) return null; // dropped, or signed out, meanwhile
      const { status, code, detail, errors } = toProblem(error);
      const attempts = action.attempts + 1;
      if (mayRetry(status)) {
        await this.put({ ...action, state: "queued", attempts });
        return pauseMs(attempts, retryAfterOf(error), this.options.random);
      }
      const why = errors?.map((one) => one.detail).join(" ");
      await this.put({ ...action, state: "failed", attempts, refusal: { status, code, detail: why ?? detail } });
      return null;
    }
    this.sending.delete(action.id);
    await this.remove(action.id);
    this.listeners.forEach((listener) => listener(action));
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

/**
 * The queue of an app in its browser.  `owner`: the id of the person whose session `http` has; `watchOwner` calls its
 * listener when that changes.
 */
export function createQueue(app: string, http: AxiosInstance, owner: () => string | null, watchOwner: (listener: () => void) => unknown): ActionQueue {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`supportcarr.${app}.actions`);
  const locks = typeof navigator === "undefined" ? undefined : (navigator.locks as LockManager | undefined);
  const queue = new ActionQueue({
    store: typeof indexedDB === "undefined" ? memoryStore() : browserStore(app),
    owner,
    send: ({ url, body, key }) => http.post(url, body, { headers: key === null ? {} : { "Idempotency-Key": key } }),
    isOnline: () => navigator.onLine,
    announce: () => channel?.postMessage(null),
    ...(locks ? { oneAtATime: async (work: () => Promise<void>) => {
            await locks.request(`supportcarr.${app}.actions`, work);
          }, } : {}),
  });
  if (channel) channel.onmessage = () => void queue.read();
  const resume = () => void queue.flush();
  addEventListener("online", resume);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") resume();
  });
  watchOwner(() => void queue.read().then(resume));
  return queue;
}

/** The actions of the signed-in person that are not sent yet, oldest first. */
export const useQueue = (queue: ActionQueue): readonly ShownAction[] => useStore(queue.state, ({ actions }) => actions);

import type { Action } from "./actions.ts";
import { openDatabase } from "./database.ts";

/** Where actions are kept.  Implemented by the browser's database, and by memory for tests and private windows. */
export interface ActionStore {
  all(): Promise<Action[]>;
  put(action: Action): Promise<void>;
  /** Changes an action if it is still kept: another tab may be deleting it. */
  change(id: string, change: Partial<Action>): Promise<void>;
  remove(id: string): Promise<void>;
}

export function browserStore(app: string): ActionStore {
  return {
    all: async () => (await openDatabase(app)).getAll("actions"),
    put: async (action) => {
      await (await openDatabase(app)).put("actions", action);
    },
    change: async (id, change) => {
      const { store, done } = (await openDatabase(app)).transaction("actions", "readwrite");
      const action = await store.get(id);
      if (action) await store.put({ ...action, ...change });
      await done;
    },
    remove: async (id) => {
      await (await openDatabase(app)).delete("actions", id);
    },
  };
}

/** Nothing survives a reload. */
export function memoryStore(): ActionStore {
  const kept = new Map<string, Action>();
  return {
    all: () => Promise.resolve([...kept.values()].map((action) => structuredClone(action))),
    put: (action) => Promise.resolve(void kept.set(action.id, structuredClone(action))),
    change: (id, change) => {
      const action = kept.get(id);
      if (action) kept.set(id, structuredClone({ ...action, ...change }));
      return Promise.resolve();
    },
    remove: (id) => Promise.resolve(void kept.delete(id)),
  };
}

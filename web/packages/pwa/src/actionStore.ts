import type { Action } from "./actions.ts";
import { openDatabase } from "./database.ts";

/** Where actions are kept.  Implemented by the browser's database, and by memory for tests and private windows. */
export interface ActionStore {
  all(): Promise<Action[]>;
  put(action: Action): Promise<void>;
  remove(id: string): Promise<void>;
}

export function browserStore(app: string): ActionStore {
  return {
    all: async () => (await openDatabase(app)).getAll("actions"),
    put: async (action) => {
      await (await openDatabase(app)).put("actions", action);
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
    remove: (id) => Promise.resolve(void kept.delete(id)),
  };
}

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

/** The browser's database of the app; memory, from the first use on, in a browser that forbids it or cannot open it. */
export function browserStore(app: string): ActionStore {
  let memory: ActionStore | null = null;
  const kept = () => (memory ??= memoryStore());
  const database = async () => {
    if (memory) return null;
    try {
      return await openDatabase(app);
    } catch {
      kept();
      return null;
    }
  };
  return {
    all: async () => (await database())?.getAll("actions") ?? kept().all(),
    put: async (action) => {
      const opened = await database();
      await (opened ? opened.put("actions", action) : kept().put(action));
    },
    change: async (id, change) => {
      const opened = await database();
      if (!opened) return kept().change(id, change);
      const { store, done } = opened.transaction("actions", "readwrite");
      const action = await store.get(id);
      if (action) await store.put({ ...action, ...change });
      await done;
    },
    remove: async (id) => {
      const opened = await database();
      await (opened ? opened.delete("actions", id) : kept().remove(id));
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

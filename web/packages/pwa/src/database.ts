import type { DehydratedState } from "@tanstack/react-query";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { Action } from "./actions.ts";

/** The last state of an app, for when there is no connection. */
export interface SavedState {
  savedAt: number;
  state: DehydratedState;
}

export interface PwaSchema extends DBSchema {
  actions: { key: string; value: Action };
  states: { key: string; value: SavedState };
}

const opened = new Map<string, Promise<IDBPDatabase<PwaSchema>>>();

/** The browser's database of one app; each app of the origin has its own. */
export function openDatabase(app: string): Promise<IDBPDatabase<PwaSchema>> {
  const known = opened.get(app);
  if (known) return known;
  const opening = openDB<PwaSchema>(`supportcarr-${app}-pwa`, 1, {
    upgrade: (database) => {
      database.createObjectStore("actions", { keyPath: "id" });
      database.createObjectStore("states");
    },
    // Another tab deletes or changes the database: the next use opens it again.
    blocking: (_current, _blocked, event) => {
      opened.delete(app);
      (event.target as IDBDatabase | null)?.close();
    },
    terminated: () => opened.delete(app),
  });
  opened.set(app, opening);
  opening.catch(() => opened.delete(app));
  return opening;
}

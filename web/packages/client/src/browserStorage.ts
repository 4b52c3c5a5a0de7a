/** The part of `Storage` that is used. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What lasts as long as the page. */
export function pageStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/**
 * A browser's storage that never throws.  A browser that forbids storage throws as soon as it is named, a full one when
 * something is written: what could not be stored then lasts as long as the page.
 */
export function withoutErrors(open: () => KeyValueStorage): KeyValueStorage {
  const memory = pageStorage(); // only what the browser did not take
  return {
    getItem: (key) => {
      try {
        return memory.getItem(key) ?? open().getItem(key);
      } catch {
        return null;
      }
    },
    setItem: (key, value) => {
      try {
        open().setItem(key, value);
        memory.removeItem(key);
      } catch {
        memory.setItem(key, value);
      }
    },
    removeItem: (key) => {
      memory.removeItem(key);
      try {
        open().removeItem(key);
      } catch {
        // forbidden: nothing is stored
      }
    },
  };
}

/** `localStorage`, which the tabs of the browser share. */
export const sharedStorage = withoutErrors(() => localStorage);

/** `sessionStorage`, which a tab has for itself. */
export const tabStorage = withoutErrors(() => sessionStorage);

/** Whether the page may name the browser's databases; opening one can still be refused. */
export function hasDatabases(): boolean {
  try {
    return typeof indexedDB === "object" && (indexedDB as IDBFactory | null) !== null;
  } catch {
    return false;
  }
}

/** A channel to the other tabs; `null` in a browser that has none or forbids it. */
export function openChannel(name: string): BroadcastChannel | null {
  try {
    return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  } catch {
    return null;
  }
}

/** The locks that the tabs share; absent where a page is not served securely. */
export const browserLocks = (): LockManager | undefined => (typeof navigator === "undefined" ? undefined : navigator.locks);

/** Does the work in one tab at a time; at once in a browser that forbids locks, as it does with storage. */
export async function whileLocked(locks: Pick<LockManager, "request">, name: string, work: () => Promise<void>): Promise<void> {
  const state = { begun: false };
  const begin = () => {
    state.begun = true;
    return work();
  };
  try {
    await locks.request(name, begin);
  } catch (error) {
    if (state.begun) throw error;
    await begin();
  }
}

const NAME = "supportcarr-driver";

/** What is kept on the phone, by id, in the order in which it was added. */
export interface Storage<T> {
  all: () => Promise<T[]>;
  put: (value: T) => Promise<void>;
  remove: (id: string) => Promise<void>;
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's database failed"));
  });

let opened: Promise<IDBDatabase> | null = null; // the next use opens it again if that failed, or the browser has closed it

// `steps` held what the driver did, before that was in the queue of @supportcarr/pwa (see lib/formerOutbox.ts).
async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => ["steps", "positions"].forEach((name) => request.result.createObjectStore(name, { keyPath: "id" }));
  return done(request);
}

function database(): Promise<IDBDatabase> {
  if (opened) return opened;
  const forget = () => (opened = null);
  opened = open();
  opened.then((known) => (known.onclose = forget), forget);
  return opened;
}

/** A store of the browser's own database, which survives a reload; ids have to sort in the order of time. */
export function browserStorage<T extends { id: string }>(name: "steps" | "positions"): Storage<T> {
  const objects = async (mode: IDBTransactionMode) => (await database()).transaction(name, mode).objectStore(name);
  return {
    all: async () => (await done((await objects("readonly")).getAll())) as T[],
    put: async (value) => {
      await done((await objects("readwrite")).put(value));
    },
    remove: async (id) => {
      await done((await objects("readwrite")).delete(id));
    },
  };
}

/** Nothing survives a reload; for browsers that keep nothing, and for tests. */
export function memoryStorage<T extends { id: string }>(): Storage<T> {
  const values = new Map<string, T>();
  return {
    all: () => Promise.resolve([...values.values()]),
    put: (value) => Promise.resolve(void values.set(value.id, value)),
    remove: (id) => Promise.resolve(void values.delete(id)),
  };
}

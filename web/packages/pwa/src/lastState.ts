import { dehydrate, hydrate, type QueryClient } from "@tanstack/react-query";

import { openDatabase } from "./database.ts";

const SAVE_AFTER_MS = 1_000;
const KEPT_MS = 24 * 3_600_000;

export interface LastStateOptions {
  app: string;
  queryClient: QueryClient;
  /** Whose state it is; `null`: nobody is signed in. */
  owner: () => string | null;
  /** Which queries are kept, by their keys. */
  isKept: (queryKey: readonly unknown[]) => boolean;
}

/** Puts the last state of the person back, so that it is shown before, or without, a response. */
export async function restoreLastState({ app, queryClient, owner }: LastStateOptions, now = Date.now()): Promise<void> {
  const person = owner();
  if (person === null || typeof indexedDB === "undefined") return;
  const saved = await (await openDatabase(app)).get("states", person);
  if (saved && now - saved.savedAt < KEPT_MS) hydrate(queryClient, saved.state);
}

/** Keeps the person's state from now on; returns what ends that. */
export function keepLastState({ app, queryClient, owner, isKept }: LastStateOptions): () => void {
  if (typeof indexedDB === "undefined") return () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = async () => {
    timer = undefined;
    const person = owner();
    if (person === null) return;
    const state = dehydrate(queryClient, {
      shouldDehydrateMutation: () => false,
      shouldDehydrateQuery: ({ queryKey, state }) => state.status === "success" && isKept(queryKey),
    });
    const database = await openDatabase(app);
    if (owner() === person) await database.put("states", { savedAt: Date.now(), state }, person);
  };
  const end = queryClient.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "success") timer ??= setTimeout(() => void save().catch(() => undefined), SAVE_AFTER_MS);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}

/** Deletes what is kept of everybody on this phone: somebody signs out. */
export async function forgetLastState(app: string, queryClient: QueryClient): Promise<void> {
  queryClient.clear();
  if (typeof indexedDB !== "undefined") await (await openDatabase(app)).clear("states");
}

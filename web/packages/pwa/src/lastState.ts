import { hasDatabases } from "@supportcarr/client/browserStorage";
import { dehydrate, hydrate, type QueryClient } from "@tanstack/react-query";

import { openDatabase } from "./database.ts";

/** Shorter than the time in which anybody sees a state and loses the page; what loads together is saved together. */
const SAVE_AFTER_MS = 250;
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
  if (person === null || !hasDatabases()) return;
  const saved = await (await openDatabase(app)).get("states", person);
  if (saved && now - saved.savedAt < KEPT_MS) hydrate(queryClient, saved.state, { defaultOptions: { queries: { gcTime: KEPT_MS } } }); // else what no screen shows is soon dropped
}

/** Keeps the person's state from now on, at once if the page goes away or the connection is lost; returns what ends that. */
export function keepLastState({ app, queryClient, owner, isKept }: LastStateOptions): () => void {
  if (!hasDatabases()) return () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = async () => {
    const person = owner();
    if (person === null) return;
    const state = dehydrate(queryClient, {
      shouldDehydrateMutation: () => false,
      shouldDehydrateQuery: ({ queryKey, state }) => state.status === "success" && isKept(queryKey) && Date.now() - state.dataUpdatedAt < KEPT_MS,
    });
    const database = await openDatabase(app);
    if (owner() === person) await database.put("states", { savedAt: Date.now(), state }, person);
  };
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    void write().catch(() => undefined);
  };
  const saveAtOnce = () => {
    if (timer !== undefined) save();
  };
  const end = queryClient.getQueryCache().subscribe((event) => {
    // The library drops after five minutes what no screen shows, and the next save would be without it.
    if (event.type === "added" && isKept(event.query.queryKey as readonly unknown[])) event.query.setOptions({ ...event.query.options, gcTime: KEPT_MS });
    if (event.type === "updated" && event.action.type === "success") timer ??= setTimeout(save, SAVE_AFTER_MS);
  });
  const moments = [
    [window, "offline"],
    [window, "pagehide"],
    [document, "visibilitychange"],
  ] as const;
  for (const [target, name] of moments) target.addEventListener(name, saveAtOnce);
  return () => {
    for (const [target, name] of moments) target.removeEventListener(name, saveAtOnce);
    clearTimeout(timer);
    end();
  };
}

/** Deletes what is kept of everybody on this phone: somebody signs out. */
export async function forgetLastState(app: string, queryClient: QueryClient): Promise<void> {
  queryClient.clear();
  if (hasDatabases()) await (await openDatabase(app)).clear("states");
}

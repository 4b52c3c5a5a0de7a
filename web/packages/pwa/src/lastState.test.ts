// @vitest-environment jsdom
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { openDatabase, type SavedState } from "./database.ts";
import { keepLastState, restoreLastState } from "./lastState.ts";

vi.mock("./database.ts", () => {
  const states = new Map<string, SavedState>();
  const put = (_: "states", state: SavedState, key: string) => Promise.resolve(states.set(key, state));
  const get = (_: "states", key: string) => Promise.resolve(states.get(key));
  const clear = () => {
    states.clear();
    return Promise.resolve();
  };
  return { openDatabase: () => Promise.resolve({ put, get, clear }) };
});

const KEY = ["rescues", "res_1", "detail"];
let end = (): void => undefined;

/** A page of somebody whose rescue is kept. */
function open() {
  const queryClient = new QueryClient();
  const options = { app: "rider", queryClient, owner: () => "usr_1", isKept: (key: readonly unknown[]) => key.at(-1) === "detail" };
  end = keepLastState(options);
  return { queryClient, restore: (now?: number) => restoreLastState(options, now) };
}

/** What the page shows that is opened after this one, without a connection. */
async function shownNext(now?: number): Promise<unknown> {
  const { queryClient, restore } = open();
  await restore(now);
  return queryClient.getQueryData(KEY);
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("indexedDB", {});
  await (await openDatabase("rider")).clear("states");
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the state is there when the app opens again", async () => {
  const { queryClient } = open();
  queryClient.setQueryData(KEY, "searching");
  await vi.runAllTimersAsync();
  queryClient.setQueryData(KEY, "assigned");
  queryClient.setQueryData(["quotes"], "a price");
  await vi.runAllTimersAsync();
  expect(await shownNext()).toBe("assigned");
});

test("what the person left a while ago is kept when something else is saved, also by a page that was opened since", async () => {
  const saveAnother = async ({ queryClient }: { queryClient: QueryClient }) => {
    await vi.advanceTimersByTimeAsync(30 * 60_000);
    queryClient.setQueryData(["rescues", "res_2", "detail"], "searching");
    await vi.advanceTimersByTimeAsync(1_000);
  };
  const page = open();
  const leave = new QueryObserver(page.queryClient, { queryKey: KEY, queryFn: () => "assigned" }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(1_000);
  leave();
  await saveAnother(page);
  end();
  const next = open();
  await next.restore();
  await saveAnother(next);
  end();
  expect(await shownNext()).toBe("assigned");
});

test("what nobody has loaded for a day is not saved again with the rest", async () => {
  const page = open();
  page.queryClient.setQueryData(KEY, "assigned", { updatedAt: Date.now() - 25 * 3_600_000 });
  page.queryClient.setQueryData(["rescues", "res_2", "detail"], "searching");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await shownNext()).toBeUndefined();
});

test("it is not shown a day later", async () => {
  const { queryClient } = open();
  queryClient.setQueryData(KEY, "assigned");
  await vi.runAllTimersAsync();
  expect(await shownNext(Date.now() + 25 * 3_600_000)).toBeUndefined();
});

test.each([
  ["the page is left", () => window.dispatchEvent(new Event("pagehide"))],
  ["another app comes to the front", () => document.dispatchEvent(new Event("visibilitychange"))],
  ["the connection is lost", () => window.dispatchEvent(new Event("offline"))],
])("what has come just before %s is kept", async (_, happen) => {
  const { queryClient } = open();
  queryClient.setQueryData(KEY, "assigned");
  happen();
  await vi.advanceTimersByTimeAsync(0);
  expect(await shownNext()).toBe("assigned");
});

import { afterEach, expect, test, vi } from "vitest";

import type { Action } from "./actions.ts";
import { browserStore } from "./actionStore.ts";

afterEach(() => vi.unstubAllGlobals());

const ACTION: Action = { id: "1", owner: "usr_1", subject: "res_1", kind: "arrival", url: "/", body: {}, key: null, happenedAt: "2026-01-01T10:00:00Z", waited: false, state: "saved", attempts: 0 };

test("where a browser forbids its database, actions are kept in memory: the app works with a connection", async () => {
  const open = vi.fn(() => {
    throw new DOMException("forbidden", "SecurityError");
  });
  vi.stubGlobal("indexedDB", { open });
  const store = browserStore("test");
  await store.put(ACTION);
  await store.change(ACTION.id, { waited: true });
  expect(await store.all()).toEqual([{ ...ACTION, waited: true }]);
  await store.remove(ACTION.id);
  expect(await store.all()).toEqual([]);
  expect(open).toHaveBeenCalledOnce(); // it stays with what it has begun
});

// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";

import { hasDatabases, openChannel, sharedStorage, tabStorage, whileLocked, withoutErrors } from "./browserStorage.ts";

const forbidden = (): never => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};

function forbid(name: "localStorage" | "sessionStorage" | "indexedDB"): void {
  const had = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { configurable: true, get: forbidden });
  restores.push(() => {
    if (had) Object.defineProperty(globalThis, name, had);
    else Reflect.deleteProperty(globalThis, name);
  });
}

const restores: (() => void)[] = [];

afterEach(() => {
  restores.splice(0).forEach((restore) => restore());
  vi.unstubAllGlobals();
});

test("what is stored is the browser's", () => {
  sharedStorage.setItem("a", "1");
  expect(localStorage.getItem("a")).toBe("1");
  localStorage.setItem("a", "2");
  expect(sharedStorage.getItem("a")).toBe("2");
  sharedStorage.removeItem("a");
  expect(localStorage.getItem("a")).toBeNull();
});

test.each([
  ["localStorage", sharedStorage],
  ["sessionStorage", tabStorage],
] as const)("where %s is forbidden, a value lasts as long as the page", (name, storage) => {
  forbid(name);
  expect(storage.getItem("b")).toBeNull();
  storage.setItem("b", "1");
  expect(storage.getItem("b")).toBe("1");
  storage.removeItem("b");
  expect(storage.getItem("b")).toBeNull();
});

test("where storage is full, the new value counts and not the one that is still stored", () => {
  const stored = new Map([["c", "old"]]);
  let full = true;
  const storage = withoutErrors(() => ({
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => {
      if (full) throw new DOMException("full", "QuotaExceededError");
      stored.set(key, value);
    },
    removeItem: (key) => void stored.delete(key),
  }));
  storage.setItem("c", "new");
  expect(storage.getItem("c")).toBe("new");
  full = false;
  storage.setItem("c", "newer");
  stored.set("c", "of another tab");
  expect(storage.getItem("c")).toBe("of another tab");
});

test("databases that the page may not name are none", () => {
  forbid("indexedDB");
  expect(hasDatabases()).toBe(false);
});

test("a channel that the browser forbids is none", () => {
  vi.stubGlobal("BroadcastChannel", forbidden);
  expect(openChannel("tabs")).toBeNull();
});

test("work is done without a lock where locks are forbidden", async () => {
  const work = vi.fn(() => Promise.resolve());
  await whileLocked({ request: () => Promise.reject(new DOMException("denied", "SecurityError")) }, "tabs", work);
  expect(work).toHaveBeenCalledOnce();
});

test("work that fails under a lock is not repeated", async () => {
  const work = vi.fn(() => Promise.reject(new Error("failed")));
  const locks = { request: (_name: string, begin: () => Promise<void>) => begin() } as unknown as LockManager;
  await expect(whileLocked(locks, "tabs", work)).rejects.toThrow("failed");
  expect(work).toHaveBeenCalledOnce();
});

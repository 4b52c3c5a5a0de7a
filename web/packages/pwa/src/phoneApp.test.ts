// @vitest-environment jsdom
import { sharedStorage } from "@supportcarr/client/browserStorage";
import { QueryClient } from "@tanstack/react-query";
import axios from "axios";
import { afterEach, expect, test, vi } from "vitest";
import { create } from "zustand";

import { memoryStore } from "./actionStore.ts";
import { startPhoneApp } from "./phoneApp.ts";
import { ActionQueue } from "./queue.ts";

let restores: (() => void)[] = [];

/** Makes the browser one that forbids a kind of storage. */
function forbid(name: "localStorage" | "sessionStorage" | "indexedDB"): void {
  const had = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
  restores.push(() => (had ? Object.defineProperty(globalThis, name, had) : Reflect.deleteProperty(globalThis, name)));
}

afterEach(() => {
  for (const restore of restores) restore();
  restores = [];
  localStorage.clear();
  sessionStorage.clear();
});

/** A phone on which somebody is signed in, with what its app keeps. */
async function phone(first = "usr_1") {
  let person: string | null = first;
  const useSession = create<{ endReason: "expired" | null }>(() => ({ endReason: null }));
  const listeners = new Set<(person: string | null) => void>();
  const change = (next: string | null, endReason: "expired" | null = null) => {
    person = next;
    useSession.setState({ endReason });
    listeners.forEach((listener) => listener(next));
  };
  const queue = new ActionQueue({ store: memoryStore(), owner: () => person, send: () => Promise.resolve(), isOnline: () => false });
  const queryClient = new QueryClient();
  const forget = vi.fn();
  const reload = vi.fn();
  startPhoneApp({
    app: "rider",
    scope: "/",
    session: {
      http: axios.create(),
      personId: () => person,
      onPersonChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      restoreSession: () => Promise.resolve(),
      useSession: useSession as never,
    },
    queryClient,
    isKept: () => false,
    queues: [queue],
    forget,
    reload,
  });
  await vi.waitFor(() => expect(sharedStorage.getItem("supportcarr.rider.kept-for")).toBe(first));
  queryClient.setQueryData(["account", "me"], { name: "Ana" });
  await queue.enqueue({ subject: "res_1", kind: "cancellation", url: "/", body: {}, happenedAt: "2026-01-01T10:00:00Z" });
  const kept = async () => {
    change("usr_1");
    await queue.read();
    return queue.state.getState().actions.length;
  };
  return { change, queryClient, forget, reload, kept, name: () => queryClient.getQueryData(["account", "me"]) };
}

test("a sign-out deletes all that the phone keeps of a person", async () => {
  const { change, forget, reload, kept, name } = await phone();
  change(null);
  expect(name()).toBeUndefined();
  expect(forget).toHaveBeenCalledOnce();
  await vi.waitFor(async () => expect(await kept()).toBe(0));
  expect(reload).not.toHaveBeenCalled();
});

test("a session that has expired keeps what the same person goes on with after the next sign-in", async () => {
  const { change, forget, kept, name } = await phone();
  change(null, "expired");
  change("usr_1");
  expect(name()).toBeUndefined();
  expect(forget).not.toHaveBeenCalled();
  expect(await kept()).toBe(1);
});

test("who signs in after another person's session has expired finds nothing of theirs", async () => {
  const { change, forget, reload, kept } = await phone();
  change(null, "expired");
  change("usr_2");
  expect(forget).toHaveBeenCalledOnce();
  expect(reload).not.toHaveBeenCalled();
  expect(await kept()).toBe(1); // an action is sent with the session of its owner alone
});

test("nor does who signs in after the page was closed in between", async () => {
  const before = await phone();
  before.change(null, "expired");
  const after = await phone("usr_2");
  expect(after.forget).toHaveBeenCalledOnce();
});

test("a page whose person was replaced in another tab is loaded anew, without what it showed", async () => {
  const { change, forget, reload, name } = await phone();
  change("usr_2");
  expect(name()).toBeUndefined();
  expect(forget).toHaveBeenCalledOnce();
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
});

test("where the browser forbids storage, actions are taken up and a sign-out forgets the person", async () => {
  for (const name of ["localStorage", "sessionStorage", "indexedDB"] as const) forbid(name);
  const { change, queryClient, forget, kept, name } = await phone();
  expect(await kept()).toBe(1);
  queryClient.setQueryData(["account", "me"], { name: "Ana" });
  change(null);
  expect(name()).toBeUndefined();
  expect(forget).toHaveBeenCalledOnce();
  await vi.waitFor(async () => expect(await kept()).toBe(0));
});

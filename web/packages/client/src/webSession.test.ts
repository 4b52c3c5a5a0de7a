import { describe, expect, it } from "vitest";

import { pageStorage } from "./browserStorage.ts";
import { isMarkedSignedIn, shareSession, type Channel } from "./webSession.ts";

/** Channels of one name: each message reaches all others, in a later task, as in browsers. */
function channels(count: number): Channel[] {
  const all: Channel[] = Array.from({ length: count }, () => ({
    onmessage: null,
    postMessage(message) {
      for (const other of all) if (other !== this) setTimeout(() => other.onmessage?.({ data: message } as MessageEvent));
    },
  }));
  return all;
}

/** One lock for all tabs. */
function oneLock(): LockManager {
  let last: Promise<unknown> = Promise.resolve();
  const request = (_: string, work: () => Promise<unknown>) => (last = last.then(work, work));
  return { request } as unknown as LockManager;
}

function tabs(count: number, locks: LockManager | undefined = oneLock()) {
  const storage = pageStorage();
  return channels(count).map((channel) => shareSession(channel, locks, storage, "test"));
}

describe("a session that tabs share", () => {
  it("is refreshed once when several tabs refresh at the same time", async () => {
    let refreshes = 0;
    const exchange = async () => {
      refreshes += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return "a2";
    };
    const received = await Promise.all(tabs(4).map((tab) => tab.refresh("a1", exchange)));
    expect(refreshes).toBe(1);
    expect(received).toEqual(["a2", "a2", "a2", "a2"]);
  });

  it("gives a tab that slept the newest token", async () => {
    const [awake, slept] = tabs(2);
    let n = 1;
    const exchange = () => Promise.resolve(`a${++n}`);
    await awake?.refresh("a1", exchange);
    await awake?.refresh("a2", exchange);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await slept?.refresh("a1", () => Promise.reject(new Error("used twice")))).toBe("a3");
  });

  it("repeats a refresh whose response was lost with the same nonce, also in another tab", async () => {
    const [first, second] = tabs(2);
    const nonces: string[] = [];
    await expect(
      first?.refresh("a1", (nonce) => {
        nonces.push(nonce);
        return Promise.reject(new Error("lost"));
      }),
    ).rejects.toThrow("lost");
    await second?.refresh("a1", (nonce) => {
      nonces.push(nonce);
      return Promise.resolve("a2");
    });
    await second?.refresh("a2", (nonce) => {
      nonces.push(nonce);
      return Promise.resolve("a3");
    });
    expect(nonces[0]).toBe(nonces[1]);
    expect(nonces[2]).not.toBe(nonces[1]);
  });

  it("tells the other tabs of a sign-in and a sign-out", async () => {
    const [first, second] = tabs(2);
    const heard: (string | null)[] = [];
    second?.onChange((token) => heard.push(token));
    first?.announce("a1");
    first?.announce(null);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(heard).toEqual(["a1", null]);
  });

  it("tells nobody of a token that comes after the sign-out", async () => {
    const [first, second] = tabs(2);
    const heard: (string | null)[] = [];
    second?.onChange((token) => heard.push(token));
    await first?.refresh("a1", () => {
      first.announce(null); // while the request is under way
      return Promise.resolve("a2");
    });
    await expect.poll(() => heard).toEqual([null]);
    expect(await second?.refresh("a1", () => Promise.resolve("b1"))).toBe("b1"); // not that token either
  });

  it("works alone, without channel, lock and shared storage", async () => {
    const alone = shareSession(null, undefined, pageStorage(), "test");
    expect(await alone.refresh("a1", () => Promise.resolve("a2"))).toBe("a2");
  });

  it("refreshes where the browser forbids locks, which it does together with storage", async () => {
    const locks = { request: () => Promise.reject(new DOMException("denied", "SecurityError")) } as unknown as LockManager;
    const session = shareSession(null, locks, pageStorage(), "test");
    expect(await session.refresh("a1", () => Promise.resolve("a2"))).toBe("a2");
  });
});

it("knows from the server's mark that an app has a session", () => {
  expect(isMarkedSignedIn("rider", "__Host-supportcarr-rider-signed-in=1; other=2")).toBe(true);
  expect(isMarkedSignedIn("rider", "supportcarr-rider-signed-in=1")).toBe(true);
  expect(isMarkedSignedIn("rider", "__Host-supportcarr-driver-signed-in=1")).toBe(false);
  expect(isMarkedSignedIn("rider", "__Host-supportcarr-rider-signed-in=")).toBe(false);
});

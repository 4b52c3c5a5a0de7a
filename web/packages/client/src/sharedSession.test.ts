import { describe, expect, it } from "vitest";

import { shareSession, type Channel } from "./sharedSession.ts";

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

function tabs(count: number) {
  const locks = oneLock();
  return channels(count).map((channel) => shareSession(channel, locks, "test"));
}

describe("a session that tabs share", () => {
  it("is refreshed once when two tabs refresh at the same time", async () => {
    const used: string[] = [];
    const exchange = () => {
      used.push("r1");
      return Promise.resolve({ access_token: "a2", refresh_token: "r2" });
    };
    const received = await Promise.all(tabs(2).map((tab) => tab.exchange("r1", exchange)));
    expect(used).toEqual(["r1"]);
    expect(received.map((tokens) => tokens.refresh_token)).toEqual(["r2", "r2"]);
  });

  it("gives a tab that slept the newest tokens, however often they were exchanged", async () => {
    const [awake, slept] = tabs(2);
    let n = 1;
    const exchange = () => Promise.resolve({ access_token: `a${++n}`, refresh_token: `r${n}` });
    await awake?.exchange("r1", exchange);
    await awake?.exchange("r2", exchange);
    const tokens = await slept?.exchange("r1", () => Promise.reject(new Error("used twice")));
    expect(tokens?.refresh_token).toBe("r3");
  });

  it("repeats a refresh whose response was lost with the same nonce, also in another tab", async () => {
    const [first, second] = tabs(2);
    const nonces: string[] = [];
    await expect(
      first?.exchange("r1", (nonce) => {
        nonces.push(nonce);
        return Promise.reject(new Error("lost"));
      }),
    ).rejects.toThrow("lost");
    await second?.exchange("r1", (nonce) => {
      nonces.push(nonce);
      return Promise.resolve({ access_token: "a2", refresh_token: "r2" });
    });
    expect(nonces).toHaveLength(2);
    expect(nonces[0]).toBe(nonces[1]);
  });

  it("works alone, without channel and lock", async () => {
    const alone = shareSession(null, undefined, "test");
    const tokens = await alone.exchange("r1", () => Promise.resolve({ access_token: "a2", refresh_token: "r2" }));
    expect(tokens.refresh_token).toBe("r2");
  });
});

// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { createAppSession } from "./appSession.ts";
import type { Channel } from "./webSession.ts";

/** What the tab of another window says. */
let say: (token: string | null) => void = () => undefined;

beforeEach(() => {
  vi.stubGlobal(
    "BroadcastChannel",
    class implements Channel {
      onmessage: Channel["onmessage"] = null;
      constructor() {
        say = (token) => this.onmessage?.({ data: { token } } as MessageEvent);
      }
      postMessage() {
        return undefined;
      }
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

const tokenOf = (person: string) => `e30.${btoa(JSON.stringify({ sub: person }))}.`;

test("why a session ended is forgotten when somebody has signed in, also in another tab", () => {
  const { useSession } = createAppSession("rider");
  useSession.setState({ endReason: "expired" });
  say(tokenOf("usr_1"));
  expect(useSession.getState()).toMatchObject({ token: tokenOf("usr_1"), endReason: null });
  say(null); // signed out there: what this phone keeps of the person is deleted, which an expired session is not
  expect(useSession.getState()).toMatchObject({ token: null, endReason: null });
});

test("where the browser forbids storage, a person signs in and out", async () => {
  const had = Object.getOwnPropertyDescriptor(globalThis, "localStorage") ?? {};
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
  try {
    const { renewAccessToken, forgetSession, restoreSession, personId } = createAppSession("rider");
    await restoreSession();
    renewAccessToken(tokenOf("usr_1"));
    expect(personId()).toBe("usr_1");
    forgetSession();
    expect(personId()).toBeNull();
  } finally {
    Object.defineProperty(globalThis, "localStorage", had);
  }
});

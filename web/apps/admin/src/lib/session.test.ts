// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";

const STORAGE_KEY = "supportcarr.console.session";
const jwt = (exp: number) => `e.${btoa(JSON.stringify({ exp })).replaceAll("=", "")}.s`;
const now = () => Date.now() / 1000;

/** Imports the module as on a fresh page load, with these tokens stored. */
async function loadWith(stored: unknown) {
  vi.resetModules();
  sessionStorage.setItem(STORAGE_KEY, typeof stored === "string" ? stored : JSON.stringify(stored));
  return import("./session.ts");
}

afterEach(() => sessionStorage.clear());

describe("a session", () => {
  it("is restored after a reload", async () => {
    const { useSession } = await loadWith({ access_token: "a", refresh_token: "r" });
    expect(useSession.getState().tokens).toEqual({ access_token: "a", refresh_token: "r" });
  });

  it.each(["{broken", "null", '{"access_token": 1}'])("is not restored from %s", async (stored) => {
    expect((await loadWith(stored)).useSession.getState().tokens).toBeNull();
  });

  it("remembers why it ended until the next sign-in", async () => {
    const { useSession } = await loadWith({ access_token: "a", refresh_token: "r" });
    useSession.getState().signOut("expired");
    expect(useSession.getState()).toMatchObject({ tokens: null, endReason: "expired" });
    expect(sessionStorage.getItem(STORAGE_KEY)).toBeNull();
    useSession.getState().signIn({ access_token: "b", refresh_token: "s" });
    expect(useSession.getState().endReason).toBeNull();
  });
});

describe("the token for a connection", () => {
  it("is the stored one while that is valid", async () => {
    const token = jwt(now() + 600);
    const { getValidToken } = await loadWith({ access_token: token, refresh_token: "r" });
    expect(await getValidToken()).toBe(token);
  });

  it("is null when no operator is signed in", async () => {
    expect(await (await loadWith(null)).getValidToken()).toBeNull();
  });

  it.each([[jwt(1_000)], ["no token"]])("counts as expired: %s", async (token) => {
    expect((await loadWith(null)).secondsUntilExpiry(token)).toBeLessThan(0);
  });
});

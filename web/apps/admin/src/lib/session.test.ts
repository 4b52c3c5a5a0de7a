// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";

const KEY = "supportcarr.console.session";
const jwt = (exp: number) => `e.${btoa(JSON.stringify({ exp })).replaceAll("=", "")}.s`;
const now = () => Date.now() / 1000;

/** The module as a page that was just loaded has it. */
async function loaded(kept: unknown) {
  vi.resetModules();
  sessionStorage.setItem(KEY, typeof kept === "string" ? kept : JSON.stringify(kept));
  return import("./session.ts");
}

afterEach(() => sessionStorage.clear());

describe("a session", () => {
  it("is there again after a reload", async () => {
    const { useSession } = await loaded({ access_token: "a", refresh_token: "r" });
    expect(useSession.getState().tokens).toEqual({ access_token: "a", refresh_token: "r" });
  });

  it.each(["{broken", "null", '{"access_token": 1}'])("is not there when what was kept is %s", async (kept) => {
    expect((await loaded(kept)).useSession.getState().tokens).toBeNull();
  });

  it("says why it ended, until the next begins", async () => {
    const { useSession } = await loaded({ access_token: "a", refresh_token: "r" });
    useSession.getState().signOut("expired");
    expect(useSession.getState()).toMatchObject({ tokens: null, ended: "expired" });
    expect(sessionStorage.getItem(KEY)).toBeNull();
    useSession.getState().signIn({ access_token: "b", refresh_token: "s" });
    expect(useSession.getState().ended).toBeNull();
  });
});

describe("a token for a connection", () => {
  it("is the one that is kept while that is good", async () => {
    const token = jwt(now() + 600);
    const { freshToken } = await loaded({ access_token: token, refresh_token: "r" });
    expect(await freshToken()).toBe(token);
  });

  it("is nobody's when nobody is signed in", async () => {
    expect(await (await loaded(null)).freshToken()).toBeNull();
  });

  it.each([[jwt(1_000)], ["no token"]])("is worth nothing when it has ended or is none", async (token) => {
    expect((await loaded(null)).secondsLeft(token)).toBeLessThan(0);
  });
});

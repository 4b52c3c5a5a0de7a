// @vitest-environment jsdom
import axios, { AxiosError, AxiosHeaders } from "axios";
import { afterEach, describe, expect, it, vi } from "vitest";

const jwt = (exp: number, sub = "usr_1") => `e.${btoa(JSON.stringify({ sub, exp })).replaceAll("=", "")}.s`;
const now = () => Date.now() / 1000;

/** Imports the module as on a fresh page load. */
async function load() {
  vi.resetModules();
  return import("./session.ts");
}

const failed = (status: number, data: unknown = {}) =>
  new AxiosError("", "", undefined, null, { status, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

afterEach(() => {
  localStorage.clear();
  document.cookie = "supportcarr-admin-signed-in=; Max-Age=0";
  vi.restoreAllMocks();
});

describe("a session", () => {
  it("keeps no token where a script of another page load could read it", async () => {
    const { signedIn, useSession } = await load();
    signedIn(jwt(now() + 600));
    expect(useSession.getState().token).not.toBeNull();
    expect(JSON.stringify([localStorage, sessionStorage])).not.toContain("e.");
  });

  it("remembers why it ended until the next sign-in", async () => {
    const { signedIn, useSession } = await load();
    useSession.getState().signOut("expired");
    expect(useSession.getState()).toMatchObject({ token: null, restored: true, endReason: "expired" });
    signedIn("b");
    expect(useSession.getState().endReason).toBeNull();
  });

  it("is not asked for where nobody was signed in", async () => {
    const post = vi.spyOn(axios, "post");
    const { restoreSession, useSession } = await load();
    await restoreSession();
    expect(useSession.getState()).toMatchObject({ token: null, restored: true, endReason: null });
    expect(post).not.toHaveBeenCalled();
  });

  it("is found by its mark", async () => {
    document.cookie = "supportcarr-admin-signed-in=1";
    vi.spyOn(axios.Axios.prototype, "post").mockResolvedValue({ data: { access_token: "a" } });
    const { restoreSession, useSession } = await load();
    await restoreSession();
    expect(useSession.getState()).toMatchObject({ token: "a", restored: true });
  });

  it("is not restored after a sign-out that the server has not heard of", async () => {
    const post = vi.spyOn(axios, "post").mockRejectedValue(new AxiosError("Network Error"));
    const before = await load();
    before.signedIn(jwt(now() + 600));
    await before.signOut();
    const { restoreSession, useSession } = await load();
    post.mockClear();
    post.mockImplementation((path) => Promise.resolve({ data: path.endsWith("/auth/refresh") ? { access_token: "a" } : null }));
    await restoreSession();
    expect(useSession.getState()).toMatchObject({ token: null, restored: true });
    expect(post.mock.calls.map(([path]) => path)).toEqual(["/api/v1/auth/refresh", "/api/v1/auth/sign-out"]);
    expect(localStorage).toHaveLength(0);
  });

  it("ends on the server with a new token if its own has expired", async () => {
    const post = vi.spyOn(axios, "post").mockImplementation((path, _, config) => {
      if (path.endsWith("/auth/refresh")) return Promise.resolve({ data: { access_token: "new" } });
      const { Authorization } = config?.headers as Record<string, string>;
      return Authorization === "Bearer new" ? Promise.resolve({ data: null }) : Promise.reject(failed(401));
    });
    const { signedIn, signOut } = await load();
    signedIn(jwt(now() - 5));
    await signOut();
    expect(post).toHaveBeenCalledTimes(3);
    expect(localStorage).toHaveLength(0);
  });
});

describe("the token for a connection", () => {
  it("is the current one while that is valid", async () => {
    const token = jwt(now() + 600);
    const { getValidToken, signedIn } = await load();
    signedIn(token);
    expect(await getValidToken()).toBe(token);
  });

  it("is null when no operator is signed in", async () => {
    expect(await (await load()).getValidToken()).toBeNull();
  });

  it.each([[jwt(1_000)], ["no token"]])("counts as expired: %s", async (token) => {
    expect((await load()).secondsUntilExpiry(token)).toBeLessThan(0);
  });
});

import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import { describe, expect, it, vi } from "vitest";

import { createHttp, problemOf, type Tokens } from "./http.ts";

type Answer = { status: number; data?: unknown };
type Server = (request: InternalAxiosRequestConfig) => Answer | Promise<Answer>;

const unauthenticated = { status: 401, data: { code: "unauthenticated", detail: "Sign in again" } };

/** A session over a server that is a function; `kept.tokens` is what the app holds. */
function session(server: Server, tokens: Tokens | null = { access_token: "a1", refresh_token: "r1" }) {
  const kept = { tokens };
  const asked: string[] = [];
  const signedOut = vi.fn();
  const { http, refresh } = createHttp({ read: () => kept.tokens, write: (next) => (kept.tokens = next) }, signedOut, {
    adapter: async (config) => {
      asked.push(config.url ?? "");
      const { status, data } = await server(config);
      const response = { status, data, statusText: "", headers: {}, config };
      if (status >= 400) throw new AxiosError("", String(status), config, null, response);
      if (status === 0) throw new AxiosError("Network Error", "ERR_NETWORK", config);
      return response;
    },
  });
  return { http, refresh, kept, asked, signedOut };
}

const bearerOf = (request: InternalAxiosRequestConfig) => AxiosHeaders.from(request.headers).get("Authorization");
const bodyOf = (request: InternalAxiosRequestConfig) => JSON.parse(String(request.data)) as Record<string, string>;

/** Takes the second token only, and gives it for the first refresh token. */
const refreshing: Server = (request) => {
  if (request.url === "/auth/refresh") return { status: 200, data: { access_token: "a2", refresh_token: "r2" } };
  return bearerOf(request) === "Bearer a2" ? { status: 200, data: request.url } : unauthenticated;
};

describe("a session over HTTP", () => {
  it("refreshes once for all requests that met the end of the token together", async () => {
    const { http, asked, kept } = session(refreshing);
    const answers = await Promise.all(["/a", "/b", "/c"].map((path) => http.get<string>(path)));
    expect(answers.map((answer) => answer.data)).toEqual(["/a", "/b", "/c"]);
    expect(asked.filter((path) => path === "/auth/refresh")).toHaveLength(1);
    expect(kept.tokens).toEqual({ access_token: "a2", refresh_token: "r2" });
  });

  it("does not refresh again for a request that was sent with the token before", async () => {
    let late: (answer: Answer) => void = () => undefined;
    const { http, asked } = session((request) =>
      request.url === "/late" && bearerOf(request) === "Bearer a1" ? new Promise((resolve) => (late = resolve)) : refreshing(request),
    );
    const waiting = http.get("/late");
    await http.get("/a");
    late(unauthenticated);
    expect((await waiting).data).toBe("/late");
    expect(asked.filter((path) => path === "/auth/refresh")).toHaveLength(1);
  });

  it("gives up on a request that is refused with the new token as well", async () => {
    const { http, asked } = session((request) => (request.url === "/auth/refresh" ? refreshing(request) : unauthenticated));
    await expect(http.get("/a")).rejects.toThrow();
    expect(asked).toEqual(["/a", "/auth/refresh", "/a"]);
  });

  it("ends when the server says so", async () => {
    const { http, kept, signedOut } = session(() => unauthenticated);
    await expect(http.get("/a")).rejects.toThrow();
    expect(kept.tokens).toBeNull();
    expect(signedOut).toHaveBeenCalledOnce();
  });

  it("outlives a network failure, and repeats the exchange under the same nonce", async () => {
    const nonces: string[] = [];
    const { refresh, kept, signedOut } = session((request) => {
      nonces.push(bodyOf(request).nonce ?? "");
      return nonces.length === 1 ? { status: 0 } : refreshing(request);
    });
    expect(await refresh()).toBe(false);
    expect(kept.tokens?.refresh_token).toBe("r1");
    expect(await refresh()).toBe(true);
    expect(nonces[0]).toBe(nonces[1]);
    expect(signedOut).not.toHaveBeenCalled();
  });

  it("uses another nonce for another token", async () => {
    const nonces: string[] = [];
    const { refresh } = session((request) => {
      nonces.push(bodyOf(request).nonce ?? "");
      return { status: 200, data: { access_token: "a", refresh_token: `r${nonces.length + 1}` } };
    });
    await refresh();
    await refresh();
    expect(new Set(nonces).size).toBe(2);
  });

  it("stays signed out if that happened during the exchange", async () => {
    const { refresh, kept } = session((request) => {
      kept.tokens = null;
      return refreshing(request);
    });
    expect(await refresh()).toBe(false);
    expect(kept.tokens).toBeNull();
  });
});

describe("problemOf", () => {
  const failed = (status: number, data: unknown) =>
    new AxiosError("", "", undefined, null, { status, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

  it("passes on the platform's own", () => {
    const problem = { status: 409, code: "conflict", title: "Conflict", detail: "Somebody was faster" };
    expect(problemOf(failed(409, problem))).toEqual(problem);
  });
  it("knows an answer that is none of ours", () => expect(problemOf(failed(502, "<html>"))).toMatchObject({ status: 502, code: "unreachable" }));
  it("knows that there was no answer", () => expect(problemOf(new AxiosError("Network Error"))).toMatchObject({ status: 0, code: "unreachable" }));
  it("takes anything else as unknown", () => expect(problemOf(new Error("odd"))).toMatchObject({ code: "unknown", detail: "Error: odd" }));
});

import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import { describe, expect, it, vi } from "vitest";

import { createHttpClient, toProblem } from "./http.ts";

type FakeResponse = { status: number; data?: unknown };
type Server = (request: InternalAxiosRequestConfig) => FakeResponse | Promise<FakeResponse>;

const unauthenticated = { status: 401, data: { code: "unauthenticated", detail: "Sign in again" } };

/** A client whose server is a function; `stored.token` is the access token of the app. */
function createSession(server: Server) {
  const stored: { token: string | null } = { token: "a1" };
  const requestedUrls: string[] = [];
  const signedOut = vi.fn();
  const { http, refresh } = createHttpClient("admin", { read: () => stored.token, write: (next) => (stored.token = next) }, signedOut, {
    adapter: async (config) => {
      requestedUrls.push(config.url ?? "");
      const { status, data } = await server(config);
      const response = { status, data, statusText: "", headers: {}, config };
      if (status >= 400) throw new AxiosError("", String(status), config, null, response);
      if (status === 0) throw new AxiosError("Network Error", "ERR_NETWORK", config);
      return response;
    },
  });
  return { http, refresh, stored, requestedUrls, signedOut };
}

const authorizationOf = (request: InternalAxiosRequestConfig) => AxiosHeaders.from(request.headers).get("Authorization");
const bodyOf = (request: InternalAxiosRequestConfig) => JSON.parse(String(request.data)) as Record<string, string>;

/** Accepts only the second access token, which it issues on refresh to the app that has the cookie. */
const rotatingServer: Server = (request) => {
  if (request.url === "/auth/refresh") return { status: 200, data: { access_token: "a2" } };
  return authorizationOf(request) === "Bearer a2" ? { status: 200, data: request.url } : unauthenticated;
};

describe("the HTTP client", () => {
  it("refreshes once for all requests that fail with an expired token at the same time", async () => {
    const { http, requestedUrls, stored } = createSession(rotatingServer);
    const responses = await Promise.all(["/a", "/b", "/c"].map((path) => http.get<string>(path)));
    expect(responses.map((response) => response.data)).toEqual(["/a", "/b", "/c"]);
    expect(requestedUrls.filter((path) => path === "/auth/refresh")).toHaveLength(1);
    expect(stored.token).toBe("a2");
  });

  it("does not refresh again for a request that was sent with the previous token", async () => {
    let respondLate: (response: FakeResponse) => void = () => undefined;
    const { http, requestedUrls } = createSession((request) =>
      request.url === "/late" && authorizationOf(request) === "Bearer a1" ? new Promise((resolve) => (respondLate = resolve)) : rotatingServer(request),
    );
    const lateRequest = http.get("/late");
    await http.get("/a");
    respondLate(unauthenticated);
    expect((await lateRequest).data).toBe("/late");
    expect(requestedUrls.filter((path) => path === "/auth/refresh")).toHaveLength(1);
  });

  it("sends a request again with the token that another tab has announced while this one waited for its turn", async () => {
    const stored: { token: string | null } = { token: "a1" };
    // The other tab's message comes before the lock is free; the exchange is then not needed.
    const refresh = () => Promise.resolve((stored.token = "a2"));
    const session = { refresh, announce: () => undefined, onChange: () => undefined };
    const { http } = createHttpClient(
      "admin",
      { read: () => stored.token, write: (next) => (stored.token = next) },
      () => undefined,
      {
        adapter: async (config) => {
          const { status, data } = await rotatingServer(config);
          const response = { status, data, statusText: "", headers: {}, config };
          if (status >= 400) throw new AxiosError("", String(status), config, null, response);
          return response;
        },
      },
      session,
    );
    expect((await http.get<string>("/a")).data).toBe("/a");
  });

  it("gives up on a request that is rejected with the new token as well", async () => {
    const { http, requestedUrls } = createSession((request) => (request.url === "/auth/refresh" ? rotatingServer(request) : unauthenticated));
    await expect(http.get("/a")).rejects.toThrow();
    expect(requestedUrls).toEqual(["/a", "/auth/refresh", "/a"]);
  });

  it("signs out when the server says that the session has ended", async () => {
    const { http, stored, signedOut } = createSession(() => unauthenticated);
    await expect(http.get("/a")).rejects.toThrow();
    expect(stored.token).toBe("a1"); // `onEnded` decides
    expect(signedOut).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ status: 401, code: "unauthenticated" }));
  });

  it("keeps the session on a network failure, and repeats the refresh with the same nonce", async () => {
    const nonces: string[] = [];
    const { refresh, stored, signedOut } = createSession((request) => {
      nonces.push(bodyOf(request).nonce ?? "");
      return nonces.length === 1 ? { status: 0 } : rotatingServer(request);
    });
    expect(await refresh()).toBe("failed");
    expect(stored.token).toBe("a1");
    expect(await refresh()).toBe("refreshed");
    expect(nonces[0]).toBe(nonces[1]);
    expect(signedOut).not.toHaveBeenCalled();
  });

  it("names its app, and sends no token, when it refreshes", async () => {
    const { refresh } = createSession((request) => {
      expect(AxiosHeaders.from(request.headers).get("X-Supportcarr-App")).toBe("admin");
      expect(authorizationOf(request)).toBeUndefined();
      expect(Object.keys(bodyOf(request))).toEqual(["nonce"]);
      return rotatingServer(request);
    });
    expect(await refresh()).toBe("refreshed");
  });

  it("uses a new nonce for each refresh", async () => {
    const nonces: string[] = [];
    const { refresh } = createSession((request) => {
      nonces.push(bodyOf(request).nonce ?? "");
      return { status: 200, data: { access_token: `a${nonces.length + 1}` } };
    });
    await refresh();
    await refresh();
    expect(new Set(nonces).size).toBe(2);
  });

  it("stays signed out if the sign-out happened during a refresh", async () => {
    const { refresh, stored } = createSession((request) => {
      stored.token = null;
      return rotatingServer(request);
    });
    expect(await refresh()).toBe("failed");
    expect(stored.token).toBeNull();
  });
});

describe("toProblem", () => {
  const failed = (status: number, data: unknown) =>
    new AxiosError("", "", undefined, null, { status, data, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

  it("passes on a problem document of the platform", () => {
    const problem = { status: 409, code: "conflict", title: "Conflict", detail: "Another driver was faster" };
    expect(toProblem(failed(409, problem))).toEqual(problem);
  });
  it("handles a response that is not a problem document", () => expect(toProblem(failed(502, "<html>"))).toMatchObject({ status: 502, code: "unreachable" }));
  it("handles a missing response", () => expect(toProblem(new AxiosError("Network Error"))).toMatchObject({ status: 0, code: "unreachable" }));
  it("reports anything else as unknown", () => expect(toProblem(new Error("odd"))).toMatchObject({ code: "unknown", detail: "Error: odd" }));
});

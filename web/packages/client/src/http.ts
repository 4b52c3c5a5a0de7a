import axios, { AxiosError, type AxiosInstance, type AxiosResponse, type CreateAxiosDefaults, type InternalAxiosRequestConfig } from "axios";

import { pageStorage } from "./browserStorage.ts";
import { keepKeys } from "./repeats.ts";
import { ended, traced, type TracedRequest, traceparentOf } from "./telemetry.ts";
import { appHeader, type AppName, shareSession, type SharedSession } from "./webSession.ts";

/** On a line that carries nothing a person is told so, instead of waiting for ever. */
export const TIMEOUT_MS = 15_000;

/** Where an app keeps its access token: in memory, because its refresh token is in a cookie. */
export interface TokenStore {
  read(): string | null;
  write(token: string): void;
}

/** What came of a refresh: `ended`: there is no session; `failed`: nobody knows, try again. */
export type RefreshResult = "refreshed" | "ended" | "failed";

/** A problem document (RFC 9457), the body of every error response of the platform. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  request_id?: string;
  errors?: { field: string; code: string; detail: string }[];
}

export interface HttpClient {
  /** Sends the access token of the session with every request. */
  http: AxiosInstance;
  /** Gets a new access token by the cookie of the app. */
  refresh: () => Promise<RefreshResult>;
}

/** The marker is a string key because Axios copies a request's config key by key and drops symbols. */
type RetriedRequest = InternalAxiosRequestConfig & { retriedAfterRefresh?: boolean };

/** A request of which the span is not exported yet. */
type SentRequest = InternalAxiosRequestConfig & { tracedAs?: TracedRequest };

function endSpan(request: SentRequest | undefined, status: number): void {
  if (request?.tracedAs) ended({ ...request.tracedAs, method: (request.method ?? "get").toUpperCase(), path: request.url ?? "", status });
}

/** Sends the trace context with requests to the API that are chosen to be traced, and ends their spans. */
export function traceRequests<T extends AxiosInstance>(http: T): T {
  http.interceptors.request.use((request) => {
    const ours = `${request.baseURL ?? ""}${request.url ?? ""}`.startsWith("/api/"); // others do not expect the header
    const span = ours ? traced() : null;
    if (span) {
      (request as SentRequest).tracedAs = span;
      request.headers.set("traceparent", traceparentOf(span));
    }
    return request;
  });
  const succeeded = (response: AxiosResponse) => {
    endSpan(response.config, response.status);
    return response;
  };
  http.interceptors.response.use(succeeded, (error: unknown) => {
    if (error instanceof AxiosError) endSpan(error.config, error.response?.status ?? 0);
    throw error;
  });
  return http;
}

traceRequests(axios); // what begins or ends a session, and public pages, are asked for without a client of their own

/**
 * Converts any error to a problem.  Without a response (network failure) the status is 0 and the code
 * `unreachable`; a response that is not a problem document keeps its status and gets the same code.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof AxiosError) {
    const data: unknown = error.response?.data;
    const status = error.response?.status ?? 0;
    if (typeof data === "object" && data !== null && "code" in data && "detail" in data) return { ...(data as Problem), status };
    return { status, code: "unreachable", title: "No answer", detail: "" };
  }
  return { status: 0, code: "unknown", title: "Something went wrong", detail: String(error) };
}

/**
 * Creates an Axios instance that sends the access token.  On 401 the token is refreshed once for all waiting
 * requests, which are then sent again.  When the server says that the session has ended, `onEnded` is called; a
 * network failure does not end the session.  The tabs of the app pass a `session` that they share, so that only one
 * of them refreshes.
 */
export function createHttpClient(
  app: AppName,
  tokenStore: TokenStore,
  onEnded: (problem: Problem) => void,
  config: Pick<CreateAxiosDefaults, "adapter"> = {},
  session: SharedSession = shareSession(null, undefined, pageStorage(), app),
): HttpClient {
  const http = traceRequests(axios.create({ baseURL: "/api/v1", timeout: TIMEOUT_MS, ...config }));
  // Of its own: a 401 here must not start another refresh.
  const refreshHttp = traceRequests(axios.create({ baseURL: "/api/v1", timeout: TIMEOUT_MS, headers: appHeader(app), ...config }));
  let refreshing: Promise<RefreshResult> | null = null;

  async function refreshNow(): Promise<RefreshResult> {
    const before = tokenStore.read();
    const unchanged = () => tokenStore.read() === before; // no sign-out or sign-in in the meantime
    const announced = (token: string) => tokenStore.read() === token; // another tab has got it, and told this one of it
    try {
      const token = await session.refresh(before, async (nonce) => {
        const { data } = await refreshHttp.post<{ access_token: string }>("/auth/refresh", { nonce });
        return data.access_token;
      });
      if (announced(token)) return "refreshed";
      if (!unchanged()) return "failed";
      tokenStore.write(token);
      return "refreshed";
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status !== 401) return "failed";
      if (unchanged()) onEnded(problem);
      return "ended";
    }
  }

  const refresh = () =>
    (refreshing ??= refreshNow().finally(() => {
      refreshing = null;
    }));

  const authorization = () => {
    const token = tokenStore.read();
    return token ? `Bearer ${token}` : null;
  };

  keepKeys(http);
  http.interceptors.request.use((request) => {
    const value = authorization();
    if (value) request.headers.set("Authorization", value);
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const request = error instanceof AxiosError ? (error.config as RetriedRequest | undefined) : undefined;
    const problem = toProblem(error);
    // Other codes of 401 mean a wrong code of an authenticator app: sent again, it would count as another guess.
    if (problem.status !== 401 || problem.code !== "unauthenticated" || !request || request.retriedAfterRefresh) throw error;
    // Another request may have refreshed the tokens while this one was in flight.
    const alreadyRefreshed = authorization() !== null && request.headers.get("Authorization") !== authorization();
    if (!alreadyRefreshed && (await refresh()) !== "refreshed") throw error;
    request.retriedAfterRefresh = true;
    return http.request(request);
  });
  return { http, refresh };
}

/**
 * Ends the session of an app on the server, with the access token or, if that has expired, a new one.  Resolves to
 * false if that is not known to have worked: the cookie is still there.
 */
export async function endSession(app: AppName, token: string | null): Promise<boolean> {
  const post = (path: string, used?: string) =>
    axios.post<{ access_token: string }>(`/api/v1${path}`, used ? null : { nonce: crypto.randomUUID() }, {
      timeout: TIMEOUT_MS,
      headers: { ...appHeader(app), ...(used ? { Authorization: `Bearer ${used}` } : {}) },
    });
  try {
    if (token) {
      const expired = await post("/auth/sign-out", token).then(
        () => false,
        (error: unknown) => {
          if (toProblem(error).status === 401) return true;
          throw error;
        },
      );
      if (!expired) return true;
    }
    const { data } = await post("/auth/refresh");
    await post("/auth/sign-out", data.access_token);
    return true;
  } catch (error) {
    return toProblem(error).status === 401; // there is no session
  }
}

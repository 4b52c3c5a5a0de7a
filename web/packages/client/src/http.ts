import axios, { AxiosError, type AxiosInstance, type CreateAxiosDefaults, type InternalAxiosRequestConfig } from "axios";

import { shareSession, type SharedSession } from "./sharedSession.ts";

/** The tokens of a session. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Where an app stores the tokens of its session. */
export interface TokenStore {
  read(): Tokens | null;
  write(tokens: Tokens | null): void;
}

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
  /** Exchanges the refresh token for new tokens; resolves to false on failure or when the session has ended. */
  refresh: () => Promise<boolean>;
}

/** The marker is a string key because Axios copies a request's config key by key and drops symbols. */
type RetriedRequest = InternalAxiosRequestConfig & { retriedAfterRefresh?: boolean };

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
 * Creates an Axios instance that sends the access token.  On 401 the tokens are refreshed once for all
 * waiting requests, which are then sent again.  When the server says that the session has ended, the
 * tokens are removed and `onSignedOut` is called; a network failure does not end the session.  Tabs that have
 * the same tokens pass a `session` that they share, so that none uses a refresh token twice.
 */
export function createHttpClient(
  tokenStore: TokenStore,
  onSignedOut: (problem: Problem) => void,
  config: Pick<CreateAxiosDefaults, "adapter"> = {},
  session: SharedSession = shareSession(null, undefined, ""),
): HttpClient {
  const http = axios.create({ baseURL: "/api/v1", timeout: 15_000, ...config });
  // Without interceptors: a 401 here must not start another refresh.
  const refreshHttp = axios.create({ baseURL: "/api/v1", timeout: 15_000, ...config });
  let refreshing: Promise<boolean> | null = null;

  async function exchangeTokens(): Promise<boolean> {
    const token = tokenStore.read()?.refresh_token;
    if (!token) return false;
    const unchanged = () => tokenStore.read()?.refresh_token === token; // no sign-out or sign-in in the meantime
    try {
      const tokens = await session.exchange(token, async (nonce) => {
        const { data } = await refreshHttp.post<Tokens>("/auth/refresh", { refresh_token: token, nonce });
        return { access_token: data.access_token, refresh_token: data.refresh_token };
      });
      if (!unchanged()) return false;
      tokenStore.write(tokens);
      return true;
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 401 && unchanged()) {
        tokenStore.write(null);
        onSignedOut(problem);
      }
      return false;
    }
  }

  const refresh = () =>
    (refreshing ??= exchangeTokens().finally(() => {
      refreshing = null;
    }));

  const authorization = () => {
    const token = tokenStore.read()?.access_token;
    return token ? `Bearer ${token}` : null;
  };

  http.interceptors.request.use((request) => {
    const value = authorization();
    if (value) request.headers.set("Authorization", value);
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const request = error instanceof AxiosError ? (error.config as RetriedRequest | undefined) : undefined;
    if (!(error instanceof AxiosError) || error.response?.status !== 401 || !request || request.retriedAfterRefresh) throw error;
    // Another request may have refreshed the tokens while this one was in flight.
    const alreadyRefreshed = authorization() !== null && request.headers.get("Authorization") !== authorization();
    if (!alreadyRefreshed && !(await refresh())) throw error;
    request.retriedAfterRefresh = true;
    return http.request(request);
  });
  return { http, refresh };
}

import axios, { AxiosError, type AxiosInstance, type CreateAxiosDefaults, type InternalAxiosRequestConfig } from "axios";

/** The two tokens of a session. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Where an app keeps its session's tokens. */
export interface TokenKeeper {
  read(): Tokens | null;
  write(tokens: Tokens | null): void;
}

/** RFC 9457, as the platform answers every error. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  request_id?: string;
  errors?: { field: string; code: string; detail: string }[];
}

/** The API with a session's token on every request. */
export interface Http {
  http: AxiosInstance;
  /** Exchanges the refresh token now; false: it could not be, or the session has ended. */
  refresh: () => Promise<boolean>;
}

/** A string and no symbol: Axios copies a request's settings key by key, and symbols are lost. */
type Retried = InternalAxiosRequestConfig & { retriedAfterRefresh?: boolean };

/**
 * The problem an error carries.  A broken connection is one with status 0 and the code
 * `unreachable`, an answer that is no problem document has its status and that code too.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof AxiosError) {
    const data: unknown = error.response?.data;
    const status = error.response?.status ?? 0;
    if (typeof data === "object" && data !== null && "code" in data && "detail" in data) return { ...(data as Problem), status };
    return { status, code: "unreachable", title: "No answer", detail: "" };
  }
  return { status: 0, code: "unknown", title: "Something went wrong", detail: String(error) };
}

/**
 * An Axios instance that sends the access token, and on 401 refreshes once for all requests that
 * wait.  When the server says that the session has ended, its tokens are dropped and `onSignedOut`
 * is called; a network failure ends nothing.
 */
export function createHttp(keeper: TokenKeeper, onSignedOut: () => void, settings: Pick<CreateAxiosDefaults, "adapter"> = {}): Http {
  const http = axios.create({ baseURL: "/api/v1", timeout: 15_000, ...settings });
  const bare = axios.create({ baseURL: "/api/v1", timeout: 15_000, ...settings });
  let refreshing: Promise<boolean> | null = null;
  // An answer may be lost on its way: the same token with the same nonce gets the same successor.
  let attempt: { token: string; nonce: string } | null = null;

  async function exchange(): Promise<boolean> {
    const token = keeper.read()?.refresh_token;
    if (!token) return false;
    if (attempt?.token !== token) attempt = { token, nonce: crypto.randomUUID() };
    const stillOurs = () => keeper.read()?.refresh_token === token; // nobody signed out or in meanwhile
    try {
      const { data } = await bare.post<Tokens>("/auth/refresh", { refresh_token: token, nonce: attempt.nonce });
      if (!stillOurs()) return false;
      keeper.write({ access_token: data.access_token, refresh_token: data.refresh_token });
      return true;
    } catch (error) {
      if (problemOf(error).status === 401 && stillOurs()) {
        keeper.write(null);
        onSignedOut();
      }
      return false;
    }
  }

  const refresh = () =>
    (refreshing ??= exchange().finally(() => {
      refreshing = null;
    }));

  const bearer = () => {
    const token = keeper.read()?.access_token;
    return token ? `Bearer ${token}` : null;
  };

  http.interceptors.request.use((request) => {
    const value = bearer();
    if (value) request.headers.set("Authorization", value);
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const request = error instanceof AxiosError ? (error.config as Retried | undefined) : undefined;
    if (!(error instanceof AxiosError) || error.response?.status !== 401 || !request || request.retriedAfterRefresh) throw error;
    // Another request may have refreshed while this one was on its way.
    const newer = bearer() !== null && request.headers.get("Authorization") !== bearer();
    if (!newer && !(await refresh())) throw error;
    request.retriedAfterRefresh = true;
    return http.request(request);
  });
  return { http, refresh };
}

import axios, { AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from "axios";

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

const RETRIED = Symbol("retried");
type Retried = InternalAxiosRequestConfig & { [RETRIED]?: boolean };

/** The problem an error carries; a broken connection is told as one too. */
export function problemOf(error: unknown): Problem {
  if (error instanceof AxiosError) {
    const data: unknown = error.response?.data;
    if (typeof data === "object" && data !== null && "code" in data) return data as Problem;
    return {
      status: error.response?.status ?? 0,
      code: "unreachable",
      title: "No answer",
      detail: "SupportCarr cannot be reached just now.",
    };
  }
  return { status: 0, code: "unknown", title: "Something went wrong", detail: String(error) };
}

/**
 * An Axios instance that sends the access token, and on 401 refreshes once for all requests that
 * wait.  When the session has ended it calls `onSignedOut`.
 */
export function createHttp(keeper: TokenKeeper, onSignedOut: () => void): AxiosInstance {
  const http = axios.create({ baseURL: "/api/v1", timeout: 15_000 });
  let refreshing: Promise<boolean> | null = null;

  async function refresh(): Promise<boolean> {
    const tokens = keeper.read();
    if (!tokens) return false;
    try {
      const { data } = await axios.post<Tokens>("/api/v1/auth/refresh", {
        refresh_token: tokens.refresh_token,
        nonce: crypto.randomUUID(),
      });
      keeper.write({ access_token: data.access_token, refresh_token: data.refresh_token });
      return true;
    } catch (error) {
      // A network failure is no end of the session: only the server's word is.
      if (problemOf(error).status === 401) {
        keeper.write(null);
        onSignedOut();
      }
      return false;
    }
  }

  http.interceptors.request.use((request) => {
    const token = keeper.read()?.access_token;
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const request = error instanceof AxiosError ? (error.config as Retried | undefined) : undefined;
    if (!(error instanceof AxiosError) || error.response?.status !== 401 || !request || request[RETRIED]) throw error;
    refreshing ??= refresh().finally(() => {
      refreshing = null;
    });
    if (!(await refreshing)) throw error;
    request[RETRIED] = true;
    return http.request(request);
  });
  return http;
}

import axios from "axios";
import { create, type StoreApi, type UseBoundStore } from "zustand";

import type { SignedIn } from "./account.ts";
import { createHttpClient, endSession, type HttpClient, type Problem } from "./http.ts";
import { appHeader, type AppName, shareSessionOfTabs } from "./webSession.ts";

/** Why a session ended without a sign-out: it expired or was ended elsewhere, or its refresh token was used twice. */
export type EndReason = "expired" | "reused";

export interface AppSessionState<Message extends string> {
  /** The access token, in memory only; after a reload there is another one for the cookie. */
  token: string | null;
  endReason: EndReason | null;
  /** What the sign-in page says of what was done before. */
  message: Message | null;
}

/** The body of `POST /auth/sign-up`. */
export interface NewAccount {
  name: string;
  phone: string;
  password: string;
  role: "rider" | "driver";
  accepted_terms?: string;
}

export interface AppSession<Message extends string> extends HttpClient {
  useSession: UseBoundStore<StoreApi<AppSessionState<Message>>>;
  hasSession: () => boolean;
  /** Whether the session was opened with a code of an authenticator app. */
  hasSecondFactor: () => boolean;
  /** The access token, or a new one if the server has refused it; `null`: there is no session. */
  tokenFor: (rejected: boolean) => Promise<string | null>;
  /** Finds the session of the cookie, once after the page was loaded. */
  restoreSession: () => Promise<void>;
  signIn: (credentials: { phone: string; password: string; totp_code?: string }) => Promise<void>;
  signUp: (account: NewAccount) => Promise<void>;
  /** Puts the token that a response carried in place of the one before, in all tabs. */
  renewAccessToken: (token: string) => void;
  /** The session has ended on the server. */
  forgetSession: (message?: Message | null) => void;
  /** Signs out at once in all tabs, then tells the server. */
  signOut: () => Promise<void>;
}

const endReasonOf = (problem: Problem): EndReason =>
  problem.errors?.some(({ field, code }) => field === "refresh_token" && code === "reused") ? "reused" : "expired";

/** The session of one app: its token in memory, its cookie shared by the tabs, and the ways in and out. */
export function createAppSession<Message extends string = never>(app: AppName): AppSession<Message> {
  // Set while the server is not known to have heard of a sign-out: its cookie must not sign the person in again.
  const signedOutKey = `supportcarr.${app}.signed-out`;
  const none: AppSessionState<Message> = { token: null, endReason: null, message: null };
  const useSession = create<AppSessionState<Message>>(() => none);
  const setToken = (token: string): void => useSession.setState({ ...none, token });
  const tabs = shareSessionOfTabs(app);

  const { http, refresh } = createHttpClient(
    app,
    { read: () => useSession.getState().token, write: setToken },
    (problem) => {
      const known = useSession.getState().token !== null; // otherwise the page asked whether there is a session
      useSession.setState({ token: null, endReason: known ? endReasonOf(problem) : null });
    },
    {},
    tabs,
  );
  tabs.onChange((token) => useSession.setState({ token }));

  let restored: Promise<unknown> | null = null;

  async function open(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
    const { data } = await axios.post<SignedIn>(`/api/v1${path}`, body, { headers: { ...appHeader(app), ...headers } });
    localStorage.removeItem(signedOutKey);
    setToken(data.access_token);
    tabs.announce(data.access_token);
  }

  async function finishSignOut(token: string | null): Promise<void> {
    localStorage.setItem(signedOutKey, "1");
    if (await endSession(app, token)) localStorage.removeItem(signedOutKey);
  }

  function forgetSession(message: Message | null = null): void {
    useSession.setState({ ...none, message });
    tabs.announce(null);
  }

  return {
    http,
    refresh,
    useSession,
    hasSession: () => useSession.getState().token !== null,
    hasSecondFactor: () => {
      try {
        const payload = useSession.getState().token?.split(".")[1] ?? "";
        return (JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { totp?: boolean }).totp === true;
      } catch {
        return false;
      }
    },
    tokenFor: async (rejected) => {
      if (rejected || useSession.getState().token === null) await refresh();
      return useSession.getState().token;
    },
    restoreSession: async () => {
      restored ??= localStorage.getItem(signedOutKey) === null ? refresh() : finishSignOut(null);
      await restored;
    },
    signIn: (credentials) => open("/auth/sign-in", credentials),
    signUp: (account) => open("/auth/sign-up", account, { "Idempotency-Key": crypto.randomUUID() }),
    renewAccessToken: (token) => {
      setToken(token);
      tabs.announce(token);
    },
    forgetSession,
    signOut: async () => {
      const { token } = useSession.getState();
      forgetSession();
      await finishSignOut(token);
    },
  };
}

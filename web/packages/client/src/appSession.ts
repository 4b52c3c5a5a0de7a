import axios from "axios";
import { create, type StoreApi, type UseBoundStore } from "zustand";

import type { SignedIn } from "./account.ts";
import { sharedStorage } from "./browserStorage.ts";
import { createHttpClient, endSession, type HttpClient, type Problem, TIMEOUT_MS, traceRequests } from "./http.ts";
import { keepKeys } from "./repeats.ts";
import { appHeader, type AppName, isMarkedSignedIn, shareSessionOfTabs } from "./webSession.ts";

/** Why a session ended without a sign-out: it expired or was ended elsewhere, or its refresh token was used twice. */
export type EndReason = "expired" | "reused";

export interface AppSessionState<Message extends string> {
  /** The access token, in memory only; after a reload there is another one for the cookie. */
  token: string | null;
  endReason: EndReason | null;
  /** What the sign-in page says of what was done before. */
  message: Message | null;
  /** Who was signed in, until the server can be asked whether they still are. */
  remembered: string | null;
}

/** The body of `POST /auth/sign-up`. */
export interface NewAccount {
  name: string;
  phone: string;
  password: string;
  role: "rider" | "driver";
  /** Of texts and notifications. */
  language?: "en" | "es" | "fr";
  accepted_terms?: string;
}

export interface AppSession<Message extends string> extends HttpClient {
  useSession: UseBoundStore<StoreApi<AppSessionState<Message>>>;
  /** There is a session, or, while the server cannot be asked, there was one when it last could. */
  hasSession: () => boolean;
  /** The id of the person of that session. */
  personId: () => string | null;
  /** Calls `listener` when somebody signs in or out; returns what ends that. */
  onPersonChange: (listener: (personId: string | null) => void) => () => void;
  /** Whether the person has that role and a verified phone, as far as their access token says. */
  hasVerifiedRole: (role: string) => boolean;
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

/** Whether screens of a person can be shown: for use as a selector of `useSession`. */
export const hasPerson = ({ token, remembered }: Pick<AppSessionState<string>, "token" | "remembered">): boolean => token !== null || remembered !== null;

/** The claims of an access token that the apps read. */
interface Claims {
  sub?: string;
  totp?: boolean;
  roles?: string[];
  /** False while the phone is not verified. */
  vfd?: boolean;
}

function claimsOf(token: string | null): Claims {
  try {
    const payload = token?.split(".")[1] ?? "";
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as Claims;
  } catch {
    return {};
  }
}

/** The id of the person that an access token is for. */
const personOf = (token: string): string | null => claimsOf(token).sub ?? null;

/** The session of one app: its token in memory, its cookie shared by the tabs, and the ways in and out. */
export function createAppSession<Message extends string = never>(app: AppName): AppSession<Message> {
  // Set while the server is not known to have heard of a sign-out: its cookie must not sign the person in again.
  const signedOutKey = `supportcarr.${app}.signed-out`;
  const none: AppSessionState<Message> = { token: null, endReason: null, message: null, remembered: null };
  const useSession = create<AppSessionState<Message>>(() => none);
  // For a start without a connection: what was shown last is this person's.  It opens nothing on the server.
  const personKey = `supportcarr.${app}.person`;
  const setToken = (token: string): void => {
    useSession.setState({ ...none, token });
    const person = personOf(token);
    if (person) sharedStorage.setItem(personKey, person);
  };
  const forgetPerson = () => sharedStorage.removeItem(personKey);
  const tabs = shareSessionOfTabs(app);

  const { http, refresh } = createHttpClient(
    app,
    { read: () => useSession.getState().token, write: setToken },
    (problem) => {
      const { token, remembered } = useSession.getState();
      const known = token !== null || remembered !== null; // otherwise the page asked whether there is a session
      forgetPerson();
      useSession.setState({ token: null, remembered: null, endReason: known ? endReasonOf(problem) : null });
    },
    {},
    tabs,
  );
  tabs.onChange((token) => useSession.setState({ ...none, token }));

  let restored: Promise<unknown> | null = null;

  // Without the access token; a sign-up whose response was lost is repeated with its key.
  const entry = traceRequests(axios.create({ baseURL: "/api/v1", timeout: TIMEOUT_MS, headers: appHeader(app) }));
  keepKeys(entry);

  async function open(path: string, body: object): Promise<void> {
    const { data } = await entry.post<SignedIn>(path, body);
    sharedStorage.removeItem(signedOutKey);
    setToken(data.access_token);
    tabs.announce(data.access_token);
  }

  async function finishSignOut(token: string | null): Promise<void> {
    sharedStorage.setItem(signedOutKey, "1");
    if (await endSession(app, token)) sharedStorage.removeItem(signedOutKey);
  }

  function forgetSession(message: Message | null = null): void {
    forgetPerson();
    useSession.setState({ ...none, message });
    tabs.announce(null);
  }

  async function restoreNow(): Promise<void> {
    if (sharedStorage.getItem(signedOutKey) !== null) return finishSignOut(null);
    // Who was never signed in here has nothing to ask for; the mark outlives what a browser keeps for scripts.
    if (!isMarkedSignedIn(app, document.cookie) && sharedStorage.getItem(personKey) === null) return;
    if ((await refresh()) === "failed" && useSession.getState().token === null) useSession.setState({ remembered: sharedStorage.getItem(personKey) });
  }

  const personId = (): string | null => {
    const { token, remembered } = useSession.getState();
    return token === null ? remembered : personOf(token);
  };

  return {
    http,
    refresh,
    useSession,
    personId,
    onPersonChange: (listener) => {
      let before = personId();
      return useSession.subscribe(() => {
        const now = personId();
        if (now === before) return;
        before = now;
        listener(now);
      });
    },
    hasSession: () => hasPerson(useSession.getState()),
    hasVerifiedRole: (role) => {
      const { roles, vfd } = claimsOf(useSession.getState().token);
      return vfd !== false && (roles?.includes(role) ?? false);
    },
    hasSecondFactor: () => claimsOf(useSession.getState().token).totp === true,
    tokenFor: async (rejected) => {
      if (rejected || useSession.getState().token === null) await refresh();
      return useSession.getState().token;
    },
    restoreSession: async () => {
      restored ??= restoreNow();
      await restored;
    },
    signIn: (credentials) => open("/auth/sign-in", credentials),
    signUp: (account) => open("/auth/sign-up", account),
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

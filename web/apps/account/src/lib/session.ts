import type { SignedIn } from "@supportcarr/client/account";
import { createHttpClient, endSession, type Problem } from "@supportcarr/client/http";
import { appHeader, shareSessionOfTabs } from "@supportcarr/client/webSession";
import axios from "axios";
import { create } from "zustand";

/** Why a session ended without a sign-out: it expired or was ended elsewhere, or its refresh token was used twice. */
export type EndReason = "expired" | "reused";

/** What the sign-in page says of what was done before. */
export type Message = "passwordReset" | "deletionRequested" | "totpRemoved";

interface Session {
  /** The access token, in memory only; after a reload there is another one for the cookie. */
  token: string | null;
  endReason: EndReason | null;
  message: Message | null;
}

const NO_SESSION: Session = { token: null, endReason: null, message: null };

export const useSession = create<Session>(() => NO_SESSION);

// The account is the same for riders and drivers; this page shares the session of the rider's app.
const APP = "rider";
// Set while the server is not known to have heard of a sign-out: its cookie must not sign the person in again.
const SIGNED_OUT_KEY = "supportcarr.rider.signed-out";

const setToken = (token: string): void => useSession.setState({ ...NO_SESSION, token });
const tabs = shareSessionOfTabs(APP);

export const { http, refresh } = createHttpClient(
  APP,
  { read: () => useSession.getState().token, write: setToken },
  (problem) => {
    const known = useSession.getState().token !== null; // otherwise the page asked whether there is a session
    useSession.setState({ token: null, endReason: known ? endReasonOf(problem) : null });
  },
  {},
  tabs,
);

tabs.onChange((token) => useSession.setState({ token }));

const endReasonOf = (problem: Problem): EndReason =>
  problem.errors?.some(({ field, code }) => field === "refresh_token" && code === "reused") ? "reused" : "expired";

export const hasSession = (): boolean => useSession.getState().token !== null;

/** Whether the session was opened with a code of an authenticator app. */
export function hasSecondFactor(): boolean {
  try {
    const payload = useSession.getState().token?.split(".")[1] ?? "";
    return (JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { totp?: boolean }).totp === true;
  } catch {
    return false;
  }
}

let restored: Promise<unknown> | null = null;

/** Finds the session of the cookie, once after the page was loaded. */
export async function restoreSession(): Promise<void> {
  restored ??= localStorage.getItem(SIGNED_OUT_KEY) === null ? refresh() : finishSignOut(null);
  await restored;
}

/** Opens a session by a route that answers with tokens. */
async function open(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const { data } = await axios.post<SignedIn>(`/api/v1${path}`, body, { headers: { ...appHeader(APP), ...headers } });
  localStorage.removeItem(SIGNED_OUT_KEY);
  setToken(data.access_token);
  tabs.announce(data.access_token);
}

export const signIn = (credentials: { phone: string; password: string; totp_code?: string }) => open("/auth/sign-in", credentials);

export const signUp = (account: { name: string; phone: string; password: string; role: "rider" | "driver" }) =>
  open("/auth/sign-up", account, { "Idempotency-Key": crypto.randomUUID() });

/** Puts the token that a response carried in place of the one before, in all tabs. */
export function renewAccessToken(token: string): void {
  setToken(token);
  tabs.announce(token);
}

/** The session has ended on the server. */
export function forgetSession(message: Message | null = null): void {
  useSession.setState({ ...NO_SESSION, message });
  tabs.announce(null);
}

async function finishSignOut(token: string | null): Promise<void> {
  localStorage.setItem(SIGNED_OUT_KEY, "1");
  if (await endSession(APP, token)) localStorage.removeItem(SIGNED_OUT_KEY);
}

/** Signs out at once in all tabs, then tells the server. */
export async function signOut(): Promise<void> {
  const { token } = useSession.getState();
  forgetSession();
  await finishSignOut(token);
}

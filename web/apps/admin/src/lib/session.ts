import { sharedStorage } from "@supportcarr/client/browserStorage";
import { createHttpClient, endSession, type Problem } from "@supportcarr/client/http";
import { isMarkedSignedIn, shareSessionOfTabs } from "@supportcarr/client/webSession";
import { create } from "zustand";

import { watchAnswers } from "./reachable.ts";

/**
 * Why a session ended without a sign-out: it expired, its refresh token was used twice, the account lost its operator
 * role, or the operator removed the authenticator app.
 */
export type EndReason = "expired" | "reused" | "forbidden" | "totpRemoved";

interface Session {
  /** The access token; the refresh token is in a cookie. */
  token: string | null;
  /** Whether it is known if this browser has a session. */
  restored: boolean;
  /** Whether that could not be asked so far. */
  unreachable: boolean;
  endReason: EndReason | null;
  signIn: (token: string) => void;
  signOut: (reason?: EndReason) => void;
}

// Set while the server is not known to have heard of a sign-out: its cookie must not sign the operator in again.
const SIGNED_OUT_KEY = "supportcarr.admin.signed-out";
const RESTORE_RETRY_MS = 2_000;

/** The session of the console, which the tabs of the browser share. */
export const useSession = create<Session>((set) => ({
  token: null,
  restored: false,
  unreachable: false,
  endReason: null,
  signIn: (token) => set({ token, restored: true, endReason: null }),
  signOut: (reason) => set({ token: null, restored: true, endReason: reason ?? null }),
}));

const tabs = shareSessionOfTabs("admin");

export const { http, refresh } = createHttpClient(
  "admin",
  { read: () => useSession.getState().token, write: (token) => useSession.getState().signIn(token) },
  (problem) => {
    // Without a token this page asked whether there is a session: that there is none is no news.
    const known = useSession.getState().token !== null;
    useSession.getState().signOut(known || endReasonOf(problem) === "reused" ? endReasonOf(problem) : undefined);
  },
  {},
  tabs,
);

watchAnswers(http);

tabs.onChange((token) => {
  const { token: current, signIn, signOut: end } = useSession.getState();
  if (token === null) end();
  else if (current !== null && subjectOf(token) !== subjectOf(current)) window.location.reload(); // another person signed in
  else signIn(token);
});

function endReasonOf(problem: Problem): EndReason {
  return problem.errors?.some((error) => error.field === "refresh_token" && error.code === "reused") ? "reused" : "expired";
}

/** Signs this tab and the others in, with the access token of a sign-in. */
export function signedIn(token: string): void {
  sharedStorage.removeItem(SIGNED_OUT_KEY);
  useSession.getState().signIn(token);
  tabs.announce(token);
}

/** The server has ended all sessions of the account. */
export function endHere(reason: EndReason): void {
  useSession.getState().signOut(reason);
  tabs.announce(null);
}

/** Signs out: removes the token immediately in all tabs, then tells the server. */
export async function signOut(): Promise<void> {
  const { token } = useSession.getState();
  useSession.getState().signOut();
  tabs.announce(null);
  sharedStorage.setItem(SIGNED_OUT_KEY, "1");
  if (await endSession("admin", token)) sharedStorage.removeItem(SIGNED_OUT_KEY);
}

/** Signs in by the cookie, if there is a session; repeats that while the server cannot be reached. */
export async function restoreSession(): Promise<void> {
  if (sharedStorage.getItem(SIGNED_OUT_KEY) !== null) {
    useSession.getState().signOut();
    if (await endSession("admin", null)) sharedStorage.removeItem(SIGNED_OUT_KEY);
    return;
  }
  if (!isMarkedSignedIn("admin", document.cookie)) {
    useSession.getState().signOut(); // on a first visit there is nothing to ask for
    return;
  }
  while (!useSession.getState().restored && (await refresh()) === "failed") {
    useSession.setState({ unreachable: true });
    await new Promise((resolve) => setTimeout(resolve, RESTORE_RETRY_MS));
  }
}

function claimsOf(token: string): { sub?: string; exp: number; totp?: boolean; roles?: string[] } | null {
  try {
    const payload = token.split(".")[1] ?? "";
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { sub?: string; exp: number; totp?: boolean; roles?: string[] };
  } catch {
    return null;
  }
}

/** Whether the session of a token was opened with a code of an authenticator app. */
export const hasSecondFactor = (token: string | null): boolean => token !== null && claimsOf(token)?.totp === true;

/** Whether a token is an admin's; support agents see less. */
export const isAdmin = (token: string | null): boolean => token !== null && (claimsOf(token)?.roles ?? []).includes("admin");

const subjectOf = (token: string) => claimsOf(token)?.sub;

/** Seconds until a JWT expires; negative if it has expired or is not a JWT. */
export function secondsUntilExpiry(token: string, now = Date.now()): number {
  const claims = claimsOf(token);
  return claims ? claims.exp - now / 1000 : -1;
}

const EXPIRY_MARGIN_S = 30;

/** Returns an access token that is still valid, refreshing it if needed; `rejected`: the server did not accept the current one. */
export async function getValidToken(rejected = false): Promise<string | null> {
  const { token } = useSession.getState();
  if (token === null) return null;
  if (!rejected && secondsUntilExpiry(token) > EXPIRY_MARGIN_S) return token;
  await refresh();
  return useSession.getState().token;
}

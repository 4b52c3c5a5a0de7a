import { createHttpClient, type Problem, type Tokens } from "@supportcarr/client/http";
import { shareSessionOfTabs } from "@supportcarr/client/sharedSession";
import { create } from "zustand";

const STORAGE_KEY = "supportcarr.console.session";

/** Why a session ended without a sign-out: it expired, its refresh token was used twice, or the account lost its operator role. */
export type EndReason = "expired" | "reused" | "forbidden";

interface Session {
  tokens: Tokens | null;
  endReason: EndReason | null;
  signIn: (tokens: Tokens) => void;
  signOut: (reason?: EndReason) => void;
}

function storedTokens(): Tokens | null {
  try {
    const tokens = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null") as Partial<Tokens> | null;
    return tokens?.access_token && tokens.refresh_token ? { access_token: tokens.access_token, refresh_token: tokens.refresh_token } : null;
  } catch {
    return null; // not written by the console
  }
}

/** The session of this browser tab; it ends when the tab is closed. */
export const useSession = create<Session>((set) => ({
  tokens: storedTokens(),
  endReason: null,
  signIn: (tokens) => {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(tokens));
    set({ tokens, endReason: null });
  },
  signOut: (reason) => {
    sessionStorage.removeItem(STORAGE_KEY);
    set({ tokens: null, endReason: reason ?? null });
  },
}));

export const { http, refresh } = createHttpClient(
  {
    read: () => useSession.getState().tokens,
    write: (tokens) => {
      if (tokens) useSession.getState().signIn(tokens);
      else useSession.getState().signOut("expired");
    },
  },
  (problem) => useSession.getState().signOut(endReasonOf(problem)),
  {},
  shareSessionOfTabs("supportcarr.console"), // a duplicated tab has the tokens of the first one
);

function endReasonOf(problem: Problem): EndReason {
  return problem.errors?.some((error) => error.field === "refresh_token" && error.code === "reused") ? "reused" : "expired";
}

/** Signs out: removes the tokens immediately, then tells the server. */
export function signOut(): void {
  const token = useSession.getState().tokens?.access_token;
  useSession.getState().signOut();
  // If the request fails, the session on the server ends when its refresh token expires.
  if (token) void http.post("/auth/sign-out", null, { headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);
}

/** Seconds until a JWT expires; negative if it has expired or is not a JWT. */
export function secondsUntilExpiry(token: string, now = Date.now()): number {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp: number };
    return claims.exp - now / 1000;
  } catch {
    return -1;
  }
}

const EXPIRY_MARGIN_S = 30;

/** Returns an access token that is still valid, refreshing it if needed; `rejected`: the server did not accept the stored one. */
export async function getValidToken(rejected = false): Promise<string | null> {
  const token = useSession.getState().tokens?.access_token;
  if (token && !rejected && secondsUntilExpiry(token) > EXPIRY_MARGIN_S) return token;
  await refresh();
  return useSession.getState().tokens?.access_token ?? null;
}

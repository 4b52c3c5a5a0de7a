import { createHttp, type Tokens } from "@supportcarr/client/src/http.ts";
import { create } from "zustand";

const KEY = "supportcarr.console.session";

/** Why a session was over that nobody ended: its time was up, or the account lost its rights. */
export type Ended = "expired" | "forbidden";

interface Session {
  tokens: Tokens | null;
  ended: Ended | null;
  signIn: (tokens: Tokens) => void;
  signOut: (ended?: Ended) => void;
}

function kept(): Tokens | null {
  try {
    const tokens = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Partial<Tokens> | null;
    return tokens?.access_token && tokens.refresh_token ? { access_token: tokens.access_token, refresh_token: tokens.refresh_token } : null;
  } catch {
    return null; // not what we wrote
  }
}

/** Who is signed in, for as long as the tab lives. */
export const useSession = create<Session>((set) => ({
  tokens: kept(),
  ended: null,
  signIn: (tokens) => {
    sessionStorage.setItem(KEY, JSON.stringify(tokens));
    set({ tokens, ended: null });
  },
  signOut: (ended) => {
    sessionStorage.removeItem(KEY);
    set({ tokens: null, ended: ended ?? null });
  },
}));

export const { http, refresh } = createHttp(
  {
    read: () => useSession.getState().tokens,
    write: (tokens) => {
      if (tokens) useSession.getState().signIn(tokens);
      else useSession.getState().signOut("expired");
    },
  },
  () => useSession.getState().signOut("expired"),
);

/** Ends the session here at once, and at the server as soon as it hears of it. */
export function leave(): void {
  const token = useSession.getState().tokens?.access_token;
  useSession.getState().signOut();
  // Without an answer the session ends there by itself, when its refresh token does.
  if (token) void http.post("/auth/sign-out", null, { headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined);
}

/** Seconds until a JWT ends (negative: it has, or it is none). */
export function secondsLeft(token: string, now = Date.now()): number {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp: number };
    return claims.exp - now / 1000;
  } catch {
    return -1;
  }
}

const SPARE_S = 30;

/** An access token that is good for a connection now; `refused`: the one that is kept is not. */
export async function freshToken(refused = false): Promise<string | null> {
  const token = useSession.getState().tokens?.access_token;
  if (token && !refused && secondsLeft(token) > SPARE_S) return token;
  await refresh();
  return useSession.getState().tokens?.access_token ?? null;
}

import { createHttp, type Tokens } from "@supportcarr/client/src/http.ts";
import { create } from "zustand";

const KEY = "supportcarr.console.session";

interface Session {
  tokens: Tokens | null;
  signIn: (tokens: Tokens) => void;
  signOut: () => void;
}

function kept(): Tokens | null {
  const text = sessionStorage.getItem(KEY);
  return text ? (JSON.parse(text) as Tokens) : null;
}

/** Who is signed in, for as long as the tab lives. */
export const useSession = create<Session>((set) => ({
  tokens: kept(),
  signIn: (tokens) => {
    sessionStorage.setItem(KEY, JSON.stringify(tokens));
    set({ tokens });
  },
  signOut: () => {
    sessionStorage.removeItem(KEY);
    set({ tokens: null });
  },
}));

export const http = createHttp(
  {
    read: () => useSession.getState().tokens,
    write: (tokens) => {
      if (tokens) useSession.getState().signIn(tokens);
      else useSession.getState().signOut();
    },
  },
  () => useSession.getState().signOut(),
);

/** Seconds until a JWT ends (negative: it has). */
export function secondsLeft(token: string, now = Date.now()): number {
  const payload = token.split(".")[1] ?? "";
  const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp: number };
  return claims.exp - now / 1000;
}

/** An access token that is good for a connection now; asks the API, which refreshes a stale one. */
export async function freshToken(): Promise<string | null> {
  const token = useSession.getState().tokens?.access_token;
  if (token && secondsLeft(token) > 30) return token;
  await http.get("/me").catch(() => null);
  return useSession.getState().tokens?.access_token ?? null;
}

import type { Tokens } from "./http.ts";

/** What one tab asks the others before it uses a refresh token, and what it tells them. */
type Message = { ask: string } | { of: string; nonce: string } | { of: string; successor: Tokens };

/** The part of `BroadcastChannel` that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** How the tabs of an app share one session: a duplicated tab has the refresh token of the first one. */
export interface SharedSession {
  /**
   * Runs `exchange` in one tab at a time, with the nonce that all tabs use for this token.  If another tab has
   * exchanged the token already, resolves to the tokens that it received.
   */
  exchange(token: string, exchange: (nonce: string) => Promise<Tokens>): Promise<Tokens>;
}

const ANSWER_MS = 150;

/** `locks` is absent where a page is not served securely; then there is no lock between tabs. */
export function shareSession(channel: Channel | null, locks: LockManager | undefined, name: string): SharedSession {
  const nonces = new Map<string, string>();
  const successors = new Map<string, Tokens>(); // of tokens that this tab has exchanged, or heard of
  channel &&= listening(channel);

  function listening(opened: Channel): Channel {
    opened.onmessage = ({ data }: MessageEvent) => {
      const message = data as Message;
      if ("successor" in message) successors.set(message.of, message.successor);
      else if ("nonce" in message) nonces.set(message.of, message.nonce);
      else if (newest(message.ask)) opened.postMessage({ of: message.ask, successor: newest(message.ask) });
      else if (nonces.has(message.ask)) opened.postMessage({ of: message.ask, nonce: nonces.get(message.ask) });
    };
    return opened;
  }

  /** The tokens that followed, however often they were exchanged since. */
  function newest(token: string): Tokens | undefined {
    let found = successors.get(token);
    while (found && successors.has(found.refresh_token)) found = successors.get(found.refresh_token);
    return found;
  }

  async function exchangeOnce(token: string, exchange: (nonce: string) => Promise<Tokens>): Promise<Tokens> {
    if (channel) {
      channel.postMessage({ ask: token });
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    }
    const known = newest(token);
    if (known) return known;
    const nonce = nonces.get(token) ?? crypto.randomUUID();
    nonces.set(token, nonce); // a repeat after a lost response, in any tab, returns the same new tokens
    channel?.postMessage({ of: token, nonce });
    const tokens = await exchange(nonce);
    nonces.delete(token);
    if (channel) successors.set(token, tokens);
    channel?.postMessage({ of: token, successor: tokens });
    return tokens;
  }

  return {
    exchange: async (token, exchange) => {
      if (!locks) return exchangeOnce(token, exchange);
      return await locks.request(`${name}.refresh`, () => exchangeOnce(token, exchange));
    },
  };
}

/** The session of a browser's tabs. */
export function shareSessionOfTabs(name: string): SharedSession {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  return shareSession(channel, typeof navigator === "undefined" ? undefined : navigator.locks, name);
}

import { browserLocks, type KeyValueStorage, openChannel, sharedStorage, whileLocked } from "./browserStorage.ts";

/** The apps of one origin; each keeps its refresh token in a cookie of its own, which no script can read. */
export type AppName = "rider" | "driver" | "admin";

/** The header that names the app: with it the server uses the app's cookie. */
export const appHeader = (app: AppName) => ({ "X-Supportcarr-App": app });

/** Whether the server has marked, in a cookie that scripts may read, that the app's own cookie is there. */
export const isMarkedSignedIn = (app: AppName, cookies: string): boolean => cookies.includes(`supportcarr-${app}-signed-in=1`);

/** What one tab tells the others: its access token, or that the app was signed out. */
interface Message {
  token: string | null;
}

/** The part of `BroadcastChannel` that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

const MESSAGE_MS = 50; // for a message to reach the other tabs

/** How the tabs of an app share one session: all of them have its cookie, and each refresh uses it up. */
export interface SharedSession {
  /**
   * Runs `exchange` in one tab at a time, with a nonce that stays the same until it succeeds.  If another tab has
   * received an access token that this one has not used, resolves to that instead.
   */
  refresh(current: string | null, exchange: (nonce: string) => Promise<string>): Promise<string>;
  /** Tells the other tabs that the app was signed in, or (`null`) out. */
  announce(token: string | null): void;
  /** Calls `listener` when another tab was signed in or out, or has refreshed. */
  onChange(listener: (token: string | null) => void): void;
}

/**
 * `storage` is the one that the tabs share; where it is forbidden, a lost response in another tab asks for a sign-in.
 * `locks` is absent where a page is not served securely: then there is no lock between tabs, and tabs that refresh at the
 * same moment are answered alike because they share the nonce.
 */
export function shareSession(channel: Channel | null, locks: LockManager | undefined, storage: KeyValueStorage, name: string): SharedSession {
  const nonceKey = `${name}.refresh-nonce`;
  let latest: string | null = null; // the last access token that any tab received
  let announced = 0; // how often somebody was signed in or out, here or in another tab
  let listener: (token: string | null) => void = () => undefined;

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent) => {
      latest = (data as Message).token;
      announced += 1;
      if (latest === null) setNonce(null);
      listener(latest);
    };
  }

  function setNonce(nonce: string | null): void {
    if (nonce) storage.setItem(nonceKey, nonce);
    else storage.removeItem(nonceKey);
  }

  const keptNonce = () => storage.getItem(nonceKey);

  function getNonce(): string {
    const nonce = keptNonce() ?? crypto.randomUUID();
    setNonce(nonce);
    return nonce;
  }

  async function refreshNow(current: string | null, exchange: (nonce: string) => Promise<string>): Promise<string> {
    if (latest && latest !== current) return latest;
    const nonce = getNonce();
    const before = announced;
    const token = await exchange(nonce); // a repeat after a lost response, in any tab, gets the same token
    if (keptNonce() === nonce) setNonce(null);
    if (announced !== before) return token; // of a session that has ended, or that the other tabs know
    latest = token;
    channel?.postMessage({ token } satisfies Message);
    return token;
  }

  return {
    refresh: (current, exchange) => {
      if (!locks) return refreshNow(current, exchange);
      return new Promise((resolve, reject) => {
        void whileLocked(locks, `${name}.refresh`, async () => {
          await refreshNow(current, exchange).then(resolve, reject);
          // The next tab must have heard of the token before it has its turn; messages are no part of the lock.
          await new Promise((heard) => setTimeout(heard, MESSAGE_MS));
        });
      });
    },
    announce: (token) => {
      latest = token;
      announced += 1;
      setNonce(null);
      channel?.postMessage({ token } satisfies Message);
    },
    onChange: (called) => {
      listener = called;
    },
  };
}

/** The session of an app in a browser's tabs. */
export function shareSessionOfTabs(app: AppName): SharedSession {
  const name = `supportcarr.${app}`;
  const channel = openChannel(name);
  return shareSession(channel, browserLocks(), sharedStorage, name);
}

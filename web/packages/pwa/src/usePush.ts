import { type PushState, turnPushOff, turnPushOn, usePushStore } from "./push.ts";

interface Push {
  state: PushState;
  /** Asks the person, by the browser's own question. */
  subscribe: () => Promise<void>;
  unsubscribe: () => Promise<void>;
}

/** Whether this browser shows notifications while the app is closed, and what changes that. */
export const usePush = (): Push => ({ state: usePushStore(({ state }) => state), subscribe: turnPushOn, unsubscribe: turnPushOff });

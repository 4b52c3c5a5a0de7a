import type { AppSession } from "@supportcarr/client/appSession";
import { fetchConfig } from "@supportcarr/client/config";
import type { QueryClient } from "@tanstack/react-query";

import { checkPush, forgetPush, type PushOptions } from "./push.ts";
import { forgetLastState, keepLastState, restoreLastState } from "./lastState.ts";
import type { ActionQueue } from "./queue.ts";
import { registerServiceWorker } from "./register.ts";

export interface PhoneAppOptions {
  app: "rider" | "driver";
  /** Where the app is served, with a slash at its end. */
  scope: string;
  session: Pick<AppSession<string>, "http" | "personId" | "onPersonChange" | "restoreSession" | "useSession">;
  queryClient: QueryClient;
  /** Which queries are shown without a connection, by their keys. */
  isKept: (queryKey: readonly unknown[]) => boolean;
  /** What the person did, until the platform has it. */
  queues: readonly ActionQueue[];
}

/**
 * What an app on a phone does besides its screens: its shell opens without a connection, the person's last state is
 * put back, and what was done without a connection is sent.  A sign-out deletes all that the phone keeps; a session
 * that has ended otherwise keeps the actions, which the same person sends after the next sign-in.
 */
export function startPhoneApp({ app, scope, session, queryClient, isKept, queues }: PhoneAppOptions): void {
  const state = { app, queryClient, owner: session.personId, isKept };
  const push: PushOptions = { app, scope, http: session.http, personId: session.personId, publicKey: async () => (await fetchConfig()).push?.public_key ?? null };
  registerServiceWorker(scope);
  keepLastState(state);
  const ignore = () => undefined; // a browser that keeps nothing: the app works with a connection
  void session.restoreSession().then(async () => {
    await restoreLastState(state).catch(ignore);
    for (const queue of queues) await queue.read().catch(ignore);
    for (const queue of queues) void queue.flush().catch(ignore);
    if (session.personId() !== null) await checkPush(push).catch(ignore);
  });
  session.onPersonChange((person) => {
    if (person !== null) {
      void checkPush(push).catch(ignore);
      return;
    }
    const signedOut = session.useSession.getState().endReason === null;
    void forgetLastState(app, queryClient).catch(ignore);
    if (signedOut) queues.forEach((queue) => void queue.clear().catch(ignore));
    if (signedOut) void forgetPush(push).catch(ignore);
  });
}

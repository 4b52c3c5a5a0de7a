import type { AppSession } from "@supportcarr/client/appSession";
import { sharedStorage, tabStorage } from "@supportcarr/client/browserStorage";
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
  /** Deletes what else the app keeps of a person, in memory or on the phone. */
  forget?: () => void;
  reload?: () => void;
}

/** Who the browser's stores were filled by: they outlive the page, and a session that has expired. */
const keptFor = (app: string) => `supportcarr.${app}.kept-for`;

function keepsOfAnother(app: string, person: string): boolean {
  return [sharedStorage, tabStorage]
    .map((storage) => {
      const before = storage.getItem(keptFor(app));
      storage.setItem(keptFor(app), person);
      return before !== null && before !== person;
    })
    .some(Boolean);
}

/**
 * What an app on a phone does besides its screens: its shell opens without a connection, the person's last state is
 * put back, and what was done without a connection is sent.  A sign-out deletes all that the phone keeps; a session
 * that has ended otherwise keeps the actions, which the same person sends after the next sign-in.  Somebody else finds
 * nothing of theirs.
 */
export function startPhoneApp({ app, scope, session, queryClient, isKept, queues, forget = () => undefined, reload = () => location.reload() }: PhoneAppOptions): void {
  const state = { app, queryClient, owner: session.personId, isKept };
  const push: PushOptions = { app, scope, http: session.http, personId: session.personId, publicKey: async () => (await fetchConfig()).push?.public_key ?? null };
  registerServiceWorker(scope);
  keepLastState(state);
  const ignore = () => undefined; // a browser that keeps nothing: the app works with a connection
  let shown = session.personId(); // whose screens they are

  /** Returns whether the page has to be loaded anew, because its screens are another person's. */
  function welcome(person: string): boolean {
    const replaced = shown !== null && shown !== person; // signed out and in again in another tab
    shown = person;
    if (keepsOfAnother(app, person) || replaced) forget();
    if (replaced) void forgetLastState(app, queryClient).catch(ignore).then(reload);
    return replaced;
  }

  void session.restoreSession().then(async () => {
    const person = session.personId();
    if (person !== null && welcome(person)) return;
    await restoreLastState(state).catch(ignore);
    for (const queue of queues) await queue.read().catch(ignore);
    for (const queue of queues) void queue.flush().catch(ignore);
    if (session.personId() !== null) await checkPush(push).catch(ignore);
  });
  session.onPersonChange((person) => {
    if (person !== null) {
      if (!welcome(person)) void checkPush(push).catch(ignore);
      return;
    }
    shown = null;
    const signedOut = session.useSession.getState().endReason === null;
    void forgetLastState(app, queryClient).catch(ignore);
    if (!signedOut) return;
    forget();
    [sharedStorage, tabStorage].forEach((storage) => storage.removeItem(keptFor(app)));
    queues.forEach((queue) => void queue.clear().catch(ignore));
    void forgetPush(push).catch(ignore);
  });
}

import { type AppSession, createAppSession } from "@supportcarr/client/appSession";
import { createStepUp, repeatAfterStepUp, type StepUp } from "@supportcarr/client/stepUp";
import type { ActionQueue } from "@supportcarr/pwa/queue";

import { createAccountRequests } from "./api/account.ts";
import { createNotificationRequests } from "./api/notifications.ts";

/** What the sign-in page says of what was done before. */
export type SessionMessage = "passwordReset" | "deletionRequested" | "totpRemoved";

/** A screen of the app, which the package knows by its path alone. */
export interface AppLink {
  to: string;
  params?: Record<string, string>;
}

/** Screens of the app's own to which shared ones lead. */
export interface AppLinks {
  account: AppLink;
  rescue: (rescueId: string) => AppLink;
}

type Requests = ReturnType<typeof createAccountRequests> & ReturnType<typeof createNotificationRequests>;

/** One of the two apps on phones, as the screens that both have see it. */
export interface PhoneApp extends Requests {
  role: "rider" | "driver";
  links: AppLinks;
  session: AppSession<SessionMessage>;
  stepUp: StepUp;
  /** What the person did, until the platform has it. */
  queue: ActionQueue;
}

/** All but the queue, which sends in a way of the app's own. */
export function createPhoneApp(role: PhoneApp["role"], links: AppLinks): Omit<PhoneApp, "queue"> {
  const session = createAppSession<SessionMessage>(role);
  const requests = createAccountRequests(session.http, session.renewAccessToken);
  const stepUp = createStepUp(requests.account.stepUp);
  repeatAfterStepUp(session.http, stepUp);
  return { role, links, session, stepUp, ...requests, ...createNotificationRequests(session.http) };
}

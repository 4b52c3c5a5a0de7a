import { createAppSession } from "@supportcarr/client/appSession";

/** What the sign-in page says of what was done before. */
export type Message = "passwordReset" | "deletionRequested" | "totpRemoved";

// The account is the same for riders and drivers; this page shares the session of the rider's app.
export const { useSession, http, refresh, hasSession, hasSecondFactor, restoreSession, signIn, signUp, renewAccessToken, forgetSession, signOut } =
  createAppSession<Message>("rider");

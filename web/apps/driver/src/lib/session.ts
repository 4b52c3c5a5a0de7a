import { createAppSession } from "@supportcarr/client/appSession";

/** What the sign-in page says of what was done before. */
export type Message = "passwordReset" | "deletionRequested" | "totpRemoved";

export const { useSession, http, refresh, hasSession, hasSecondFactor, personId, onPersonChange, tokenFor, restoreSession, signIn, signUp, renewAccessToken, forgetSession, signOut } =
  createAppSession<Message>("driver");

import { createPhoneApp } from "@supportcarr/phone-app/createPhoneApp";

export const phoneApp = createPhoneApp("driver", { account: { to: "/account" }, rescue: (rescueId) => ({ to: "/job/$rescueId", params: { rescueId } }) });

export const { useSession, http, refresh, hasSession, hasVerifiedRole, personId, onPersonChange, tokenFor, restoreSession, forgetSession, signOut } = phoneApp.session;

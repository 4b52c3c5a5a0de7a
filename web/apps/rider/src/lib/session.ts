import { createPhoneApp } from "@supportcarr/phone-app/createPhoneApp";

export const phoneApp = createPhoneApp("rider", { account: { to: "/me" }, rescue: (rescueId) => ({ to: "/rescues/$rescueId", params: { rescueId } }) });

export const { useSession, http, refresh, hasSession, personId, onPersonChange, tokenFor, restoreSession, forgetSession, signOut } = phoneApp.session;

import type { AppMessages } from "./en.ts";

export const messages: AppMessages = {
  signIn: { title: "Se connecter" },
  home: { title: "Où êtes-vous ?", signOut: "Se déconnecter" },
};

import type { AppMessages } from "./en.ts";

export const messages: AppMessages = {
  signIn: { title: "Se connecter" },
  home: { title: "Prêt à conduire ?", signOut: "Se déconnecter" },
};

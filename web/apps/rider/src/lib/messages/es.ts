import type { AppMessages } from "./en.ts";

export const messages: AppMessages = {
  signIn: { title: "Iniciar sesión" },
  home: { title: "¿Dónde está?", signOut: "Cerrar sesión" },
};

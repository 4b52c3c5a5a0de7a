import type { AppMessages } from "./en.ts";

export const messages: AppMessages = {
  signIn: { title: "Iniciar sesión" },
  home: { title: "¿Listo para conducir?", signOut: "Cerrar sesión" },
};

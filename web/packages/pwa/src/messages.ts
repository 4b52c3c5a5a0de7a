/** The texts of the package itself; the apps' own texts are in their messages. */
const en = {
  updateReady: "A new version is ready.",
  update: "Update",
  later: "Later",
};

type Messages = typeof en;

const es: Messages = {
  updateReady: "Hay una versión nueva.",
  update: "Actualizar",
  later: "Más tarde",
};

const fr: Messages = {
  updateReady: "Une nouvelle version est prête.",
  update: "Mettre à jour",
  later: "Plus tard",
};

export const messagesOf = (language: "en" | "es" | "fr"): Messages => ({ en, es, fr })[language];

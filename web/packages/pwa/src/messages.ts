/** The texts of the package itself; the apps' own texts are in their messages. */
const en = {
  updateReady: "A new version is ready.",
  updateTaken: "The app was updated in another tab. Update here too, or parts of it may not open.",
  update: "Update",
  later: "Later",
  push: {
    title: "Notifications on this phone",
    what: {
      rider: "You learn that your driver is on the way or has arrived, also when the app is closed. Your browser asks you next.",
      driver: "You hear job offers and messages of your riders, also when the screen is off. Your browser asks you next.",
    },
    states: {
      unsupported: "This browser cannot show notifications while the app is closed.",
      install: "Add the app to your home screen and open it from there: then it can show notifications.",
      denied: "You have blocked notifications. Allow them in your browser’s settings for this page, then open the app again.",
    },
    on: "They are on.",
    turnOn: "Turn on notifications",
    turnOff: "Turn off notifications",
    failed: "That did not work. Try again when you have a connection.",
  },
};

type Messages = typeof en;

const es: Messages = {
  updateReady: "Hay una versión nueva.",
  updateTaken: "La aplicación se ha actualizado en otra pestaña. Actualice también aquí, o puede que partes de ella no se abran.",
  update: "Actualizar",
  later: "Más tarde",
  push: {
    title: "Notificaciones en este teléfono",
    what: {
      rider: "Sabrá que su conductor está en camino o ha llegado, también con la aplicación cerrada. Después le preguntará el navegador.",
      driver: "Oirá las ofertas y los mensajes de sus clientes, también con la pantalla apagada. Después le preguntará el navegador.",
    },
    states: {
      unsupported: "Este navegador no puede mostrar notificaciones con la aplicación cerrada.",
      install: "Añada la aplicación a la pantalla de inicio y ábrala desde allí: así podrá mostrar notificaciones.",
      denied: "Ha bloqueado las notificaciones. Permítalas en los ajustes del navegador para esta página y vuelva a abrir la aplicación.",
    },
    on: "Están activadas.",
    turnOn: "Activar las notificaciones",
    turnOff: "Desactivar las notificaciones",
    failed: "No ha funcionado. Inténtelo de nuevo cuando tenga conexión.",
  },
};

const fr: Messages = {
  updateReady: "Une nouvelle version est prête.",
  updateTaken: "L’application a été mise à jour dans un autre onglet. Mettez-la aussi à jour ici, sinon certaines parties risquent de ne pas s’ouvrir.",
  update: "Mettre à jour",
  later: "Plus tard",
  push: {
    title: "Notifications sur ce téléphone",
    what: {
      rider: "Vous saurez que votre conducteur est en route ou arrivé, même quand l’application est fermée. Votre navigateur vous posera ensuite la question.",
      driver: "Vous entendrez les offres et les messages de vos clients, même quand l’écran est éteint. Votre navigateur vous posera ensuite la question.",
    },
    states: {
      unsupported: "Ce navigateur ne peut pas afficher de notifications quand l’application est fermée.",
      install: "Ajoutez l’application à l’écran d’accueil et ouvrez-la de là : elle pourra alors afficher des notifications.",
      denied: "Vous avez bloqué les notifications. Autorisez-les dans les réglages du navigateur pour cette page, puis rouvrez l’application.",
    },
    on: "Elles sont activées.",
    turnOn: "Activer les notifications",
    turnOff: "Désactiver les notifications",
    failed: "Cela n’a pas marché. Réessayez quand vous aurez une connexion.",
  },
};

export const messagesOf = (language: "en" | "es" | "fr"): Messages => ({ en, es, fr })[language];

/** The texts of the map itself; the apps' own texts are in their messages. */
const en = {
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  recentre: "Centre the map",
  unavailable: "This device cannot show the map.",
  pin: "Pin",
  pinAt: (place: string) => `The pin is at ${place}`,
  onMap: "On the map",
  attribution: "Show sources of the map",
  moveHint: "Move the map with the arrow keys, zoom with plus and minus.",
};

type Messages = typeof en;

const es: Messages = {
  zoomIn: "Acercar",
  zoomOut: "Alejar",
  recentre: "Centrar el mapa",
  unavailable: "Este dispositivo no puede mostrar el mapa.",
  pin: "Marcador",
  pinAt: (place) => `El marcador está en ${place}`,
  onMap: "En el mapa",
  attribution: "Mostrar las fuentes del mapa",
  moveHint: "Mueva el mapa con las flechas y cambie el zoom con más y menos.",
};

const fr: Messages = {
  zoomIn: "Zoom avant",
  zoomOut: "Zoom arrière",
  recentre: "Recentrer la carte",
  unavailable: "Cet appareil ne peut pas afficher la carte.",
  pin: "Repère",
  pinAt: (place) => `Repère\u00a0: ${place}`,
  onMap: "Sur la carte",
  attribution: "Afficher les sources de la carte",
  moveHint: "Déplacez la carte avec les flèches, zoomez avec plus et moins.",
};

export const messagesOf = (language: "en" | "es" | "fr"): Messages => ({ en, es, fr })[language];

import type { Language } from "./languages.ts";

/** The usual colours of vehicles; what a driver writes in one language is read in the other two. */
const COLOURS: readonly Record<Language, readonly [shown: string, ...also: string[]]>[] = [
  { en: ["white"], es: ["blanco", "blanca"], fr: ["blanc", "blanche"] },
  { en: ["black"], es: ["negro", "negra"], fr: ["noir", "noire"] },
  { en: ["grey", "gray"], es: ["gris"], fr: ["gris", "grise"] },
  { en: ["silver"], es: ["plateado", "plateada", "plata"], fr: ["argenté", "argentée", "argent"] },
  { en: ["red"], es: ["rojo", "roja"], fr: ["rouge"] },
  { en: ["blue"], es: ["azul"], fr: ["bleu", "bleue"] },
  { en: ["dark blue", "navy", "navy blue"], es: ["azul oscuro", "azul marino"], fr: ["bleu foncé", "bleu marine"] },
  { en: ["light blue"], es: ["azul claro", "celeste"], fr: ["bleu clair", "bleu pâle"] },
  { en: ["green"], es: ["verde"], fr: ["vert", "verte"] },
  { en: ["dark green"], es: ["verde oscuro"], fr: ["vert foncé"] },
  { en: ["yellow"], es: ["amarillo", "amarilla"], fr: ["jaune"] },
  { en: ["orange"], es: ["naranja", "anaranjado"], fr: ["orange"] },
  { en: ["brown"], es: ["marrón", "café"], fr: ["brun", "brune", "marron"] },
  { en: ["beige"], es: ["beige", "beis"], fr: ["beige"] },
  { en: ["gold", "golden"], es: ["dorado", "dorada"], fr: ["doré", "dorée"] },
  { en: ["purple", "violet"], es: ["morado", "morada", "violeta"], fr: ["violet", "violette", "mauve"] },
  { en: ["pink"], es: ["rosa", "rosado"], fr: ["rose"] },
  { en: ["burgundy", "maroon"], es: ["granate", "burdeos"], fr: ["bordeaux", "bourgogne"] },
];

/** For comparison: without case, accents and hyphens. */
const plain = (word: string): string => word.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll(/[\s-]+/gu, " ").trim();

/** A colour in that language; as the driver wrote it, if it is none of the usual ones. */
export function colourName(colour: string, language: Language): string {
  const written = plain(colour);
  const known = COLOURS.find((names) => Object.values(names).some((words) => words.some((word) => plain(word) === written)));
  return known ? known[language][0] : colour;
}

/** A vehicle in a few words, for somebody who looks for it in the street: "blue Ford F-150", "Ford F-150 bleu". */
export function vehicleName({ colour, make, model }: { colour: string; make: string; model: string }, language: Language): string {
  const name = colourName(colour, language);
  return (language === "en" ? [name, make, model] : [make, model, name]).filter(Boolean).join(" ");
}

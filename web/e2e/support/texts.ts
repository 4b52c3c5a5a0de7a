import { createTranslator } from "use-intl/core";

import type { Language } from "@supportcarr/i18n/languages";

import { messages as driverEn } from "../../apps/driver/src/lib/messages/en.ts";
import { messages as driverEs } from "../../apps/driver/src/lib/messages/es.ts";
import { messages as driverFr } from "../../apps/driver/src/lib/messages/fr.ts";
import { messages as riderEn } from "../../apps/rider/src/lib/messages/en.ts";
import { messages as riderEs } from "../../apps/rider/src/lib/messages/es.ts";
import { messages as riderFr } from "../../apps/rider/src/lib/messages/fr.ts";
import { messages as trackEn } from "../../apps/track/src/lib/messages/en.ts";
import { messages as trackEs } from "../../apps/track/src/lib/messages/es.ts";
import { messages as trackFr } from "../../apps/track/src/lib/messages/fr.ts";
import { texts as uiEn } from "../../packages/ui/src/texts/en.ts";
import { texts as uiEs } from "../../packages/ui/src/texts/es.ts";
import { texts as uiFr } from "../../packages/ui/src/texts/fr.ts";

type Messages = { [key: string]: string | Messages };
type Values = Record<string, string | number>;
/** The way to each text: the names of its keys, with points between them. */
type Paths<M> = { [K in keyof M & string]: M[K] extends string ? K : `${K}.${Paths<M[K]>}` }[keyof M & string];

const LOCALES: Record<Language, string> = { en: "en-CA", es: "es-MX", fr: "fr-CA" };
const ANYTHING = "\u0001";

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The texts of an app in one language, as its screens show them. */
export class Texts<M extends Messages> {
  private readonly translate: (key: string, values?: Values) => string;

  constructor(
    private readonly messages: M,
    language: Language,
  ) {
    const onError = (error: Error) => {
      throw error; // a value that is missing would give the key, which no screen shows
    };
    this.translate = createTranslator({ locale: LOCALES[language], messages, timeZone: "America/Toronto", onError }) as never;
  }

  readonly of = (key: Paths<M>, values: Values = {}): string => this.translate(key, values);

  /** The text whatever the values are that are not given. */
  readonly like = (key: Paths<M>, values: Values = {}): RegExp => new RegExp(`^${this.pattern(key, values)}$`);

  /** One of the forms of a text that depends on whether something is known, whatever its other values are. */
  readonly either = (key: Paths<M>, values: Values = {}): RegExp => new RegExp(`^(?:${["yes", "no"].map((known) => this.pattern(key, { known, ...values })).join("|")})$`);

  private pattern(key: string, values: Values): string {
    const raw = key.split(".").reduce<Messages | string>((part, name) => (typeof part === "string" ? part : (part[name] ?? "")), this.messages) as string;
    const names = [...raw.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? "");
    const unknown = Object.fromEntries(names.filter((name) => !(name in values)).map((name) => [name, ANYTHING]));
    const text = escape(this.translate(key, { ...unknown, ...values }));
    return text.replaceAll(ANYTHING, ".+").replace(/\s+/g, "\\s+");
  }
}

const RIDER = { en: riderEn, es: riderEs, fr: riderFr };
const DRIVER = { en: driverEn, es: driverEs, fr: driverFr };
const TRACK = { en: trackEn, es: trackEs, fr: trackFr };

export const riderTexts = (language: Language) => new Texts(RIDER[language], language);
export const driverTexts = (language: Language) => new Texts(DRIVER[language], language);
export const trackTexts = (language: Language) => new Texts(TRACK[language], language);
export const uiTexts = { en: uiEn, es: uiEs, fr: uiFr };

import { useMemo } from "react";
import { useLocale, useTimeZone } from "use-intl";

import { type Units, useUnits } from "./useUnits.ts";

const METRES_PER_MILE = 1_609.344;
const MILES = new Set(["US", "GB", "LR", "MM"]); // regions whose roads are signed in miles

/** The units that the roads of the locale's region are signed in. */
export const unitsOf = (locale: string): Units => (MILES.has(new Intl.Locale(locale).region ?? "") ? "imperial" : "metric");

/**
 * A short form without full stops ("4:04 pm"), which would meet the one of a sentence that ends with a time, and in
 * which no line ends ("16 h 20").
 */
const asOneWord = (time: string): string =>
  time
    .replace(/\b([ap])\.\s?m\./gi, "$1m")
    .replace(/(\d)\s(?=h\b|[ap]m\b)/g, "$1\u00a0")
    .replace(/(\bh)\s(?=\d)/g, "$1\u00a0");

/** Formats of money, distance, duration and time in the page's locale, by the platform's own Intl; `units` come from the account. */
export function createFormats(locale: string, timeZone: string | undefined, units: Units = unitsOf(locale)) {
  const miles = units === "imperial";
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
  const zone = (timeZone_?: string) => (timeZone_ ?? timeZone ? { timeZone: timeZone_ ?? timeZone } : {}) as { timeZone?: string };
  const at = (value: string | number | Date) => new Date(value);
  return {
    /** An amount in minor units (cents) of an ISO 4217 currency, with the sign that people there write. */
    money(minor: number, currency: string): string {
      const format = number({ style: "currency", currency, currencyDisplay: "narrowSymbol" });
      return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
    },
    /** A distance in metres. */
    distance(metres: number): string {
      if (miles) return number({ style: "unit", unit: "mile", maximumFractionDigits: metres < 16_000 ? 1 : 0 }).format(metres / METRES_PER_MILE);
      if (metres < 1_000) return number({ style: "unit", unit: "meter", maximumFractionDigits: 0 }).format(Math.round(metres / 10) * 10);
      return number({ style: "unit", unit: "kilometer", maximumFractionDigits: metres < 10_000 ? 1 : 0 }).format(metres / 1_000);
    },
    /** A duration in seconds, as minutes, or hours and minutes; never less than a minute. */
    duration(seconds: number): string {
      const minutes = Math.max(1, Math.round(seconds / 60));
      const unit = (value: number, name: "hour" | "minute") => number({ style: "unit", unit: name, unitDisplay: "short" }).format(value);
      if (minutes < 60) return unit(minutes, "minute");
      const rest = minutes % 60;
      return rest ? `${unit(Math.floor(minutes / 60), "hour")} ${unit(rest, "minute")}` : unit(minutes / 60, "hour");
    },
    /** A duration in seconds that a rule names, as whole words: "8 minutes". */
    longDuration(seconds: number): string {
      const [value, name] = seconds < 60 ? [seconds, "second"] : [seconds / 60, "minute"];
      return number({ style: "unit", unit: name, unitDisplay: "long", maximumFractionDigits: 1 }).format(value);
    },
    time: (value: string | number | Date, timeZone_?: string): string => asOneWord(new Intl.DateTimeFormat(locale, { timeStyle: "short", ...zone(timeZone_) }).format(at(value))),
    date: (value: string | number | Date, timeZone_?: string): string => new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone(timeZone_) }).format(at(value)),
    /** "Today", "Yesterday", or the day of the week and the date, as a heading. */
    day(value: string | number | Date, now = Date.now()): string {
      const key = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...zone() });
      const days = (Date.parse(key.format(at(value))) - Date.parse(key.format(now))) / 86_400_000;
      const name =
        days === 0 || days === -1
          ? new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day")
          : new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", ...(Math.abs(days) > 180 ? { year: "numeric" } : {}), ...zone() }).format(at(value));
      return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
    },
    dateTime: (value: string | number | Date, timeZone_?: string): string =>
      asOneWord(new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", ...zone(timeZone_) }).format(at(value))),
    number: (value: number, digits = 0): string => number({ maximumFractionDigits: digits }).format(value),
    percent: (share: number): string => number({ style: "percent", maximumFractionDigits: 0 }).format(share),
  };
}

export type Formats = ReturnType<typeof createFormats>;

export function useFormats(): Formats {
  const locale = useLocale();
  const timeZone = useTimeZone();
  const units = useUnits((state) => state.units);
  return useMemo(() => createFormats(locale, timeZone, units ?? undefined), [locale, timeZone, units]);
}

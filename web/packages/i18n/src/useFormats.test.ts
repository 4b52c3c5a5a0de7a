import { expect, test } from "vitest";

import { createFormats } from "./useFormats.ts";

// Intl puts no-break spaces between numbers and units.
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");

test("money is divided by the currency's own minor unit", () => {
  const formats = createFormats("en-CA", "America/Toronto");
  expect(plain(formats.money(2_050, "CAD"))).toBe("$20.50");
  expect(plain(formats.money(2_050, "JPY"))).toMatch(/2,050$/);
  expect(plain(createFormats("fr-CA", undefined).money(2_050, "CAD"))).toBe("20,50 $");
  expect(plain(createFormats("es-US", undefined).money(2_050, "CAD"))).toBe("$20.50"); // as in the platform's own texts
});

test("distances are rounded to what a driver can use, in the region's unit", () => {
  const formats = createFormats("fr-CA", undefined);
  expect(plain(formats.distance(347))).toBe("350 m");
  expect(plain(formats.distance(2_340))).toBe("2,3 km");
  expect(plain(createFormats("en-US", undefined).distance(2_340))).toBe("1.5 mi");
});

test("distances are in the units that the account prefers", () => {
  expect(plain(createFormats("fr-CA", undefined, "imperial").distance(2_340))).toBe("1,5 mi");
  expect(plain(createFormats("en-US", undefined, "metric").distance(2_340))).toBe("2.3 km");
});

test("a duration that a rule names is in whole words", () => {
  expect(plain(createFormats("en-CA", undefined).longDuration(480))).toBe("8 minutes");
  expect(plain(createFormats("es-MX", undefined).longDuration(120))).toBe("2 minutos");
  expect(plain(createFormats("fr-CA", undefined).longDuration(45))).toBe("45 secondes");
});

test("a duration is never nothing", () => {
  const formats = createFormats("en-CA", undefined);
  expect(plain(formats.duration(10))).toBe("1 min");
  expect(plain(formats.duration(5_400))).toMatch(/^1 hr 30 mins?$/);
});

test("times are those of the given zone", () => {
  expect(plain(createFormats("en-GB", "America/Toronto").time("2026-01-01T12:00:00Z"))).toBe("07:00");
});

test("no line ends within a time", () => {
  const at = "2026-01-01T21:20:00Z";
  expect(createFormats("fr-CA", "America/Toronto").time(at)).toBe("16\u00a0h\u00a020");
  expect(createFormats("fr-CA", "America/Toronto").dateTime(at)).toMatch(/, 16\u00a0h\u00a020$/);
  expect(createFormats("en-CA", "America/Toronto").dateTime(at)).toMatch(/, 4:20\u00a0pm$/);
});

test("a day is named as people say it, in the zone of the page", () => {
  const now = Date.parse("2026-03-03T03:10:00Z"); // still the 2nd in Montréal
  const day = (locale: string, value: string) => plain(createFormats(locale, "America/Toronto").day(value, now));
  expect(day("en-CA", "2026-03-02T15:00:00Z")).toBe("Today");
  expect(day("es-MX", "2026-03-01T15:00:00Z")).toBe("Ayer");
  expect(day("fr-CA", "2026-03-01T15:00:00Z")).toBe("Hier");
  expect(day("fr-CA", "2026-02-20T15:00:00Z")).toBe("Vendredi 20 février");
  expect(day("en-CA", "2025-02-20T15:00:00Z")).toMatch(/2025/);
});

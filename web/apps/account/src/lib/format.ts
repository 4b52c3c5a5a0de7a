/** Locale of times; the texts are in `texts.ts`. */
const LOCALE = "en-CA";

const dateTimeFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const dateFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long" });

/** Formats day and time in the time zone of the device. */
export const formatDateTime = (at: string): string => dateTimeFormat.format(new Date(at));

/** Formats the day in the time zone of the device. */
export const formatDate = (at: string): string => dateFormat.format(new Date(at));

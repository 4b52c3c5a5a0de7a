/** The view state in the query string of every page of the console. */
export interface ConsoleSearch {
  /** The selected list of rescues; absent: the live ones. */
  tab?: "ended" | undefined;
  /** The id of the selected service area; absent: the first one. */
  area?: string | undefined;
}

/** Keeps what is valid; anything else in a query string is ignored. */
export const validateSearch = ({ tab, area }: Record<string, unknown>): ConsoleSearch => ({
  tab: tab === "ended" ? tab : undefined,
  area: typeof area === "string" && area !== "" ? area : undefined,
});

/** Which entries of the audit log are shown. */
export interface AuditSearch {
  actor?: string | undefined;
  person?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  /** The first and the last day: `2026-03-02`. */
  since?: string | undefined;
  until?: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const dayOf = (value: unknown): string | undefined => (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined);

export const validateAuditSearch = ({ actor, person, subject, action, since, until }: Record<string, unknown>): AuditSearch => ({
  actor: textOf(actor),
  person: textOf(person),
  subject: textOf(subject),
  action: textOf(action),
  since: dayOf(since),
  until: dayOf(until),
});

/** Which account is looked for. */
export const validateUserSearch = ({ q }: Record<string, unknown>): { q?: string | undefined } => ({ q: textOf(q) });

export const DRIVER_FILTERS = ["in_review", "pending", "approved", "suspended"] as const;

export interface DriverSearch {
  show?: (typeof DRIVER_FILTERS)[number] | undefined;
  /** A phone number, plate, name or id. */
  q?: string | undefined;
}

/** Which drivers are listed. */
export const validateDriverSearch = ({ show, q }: Record<string, unknown>): DriverSearch => ({
  show: DRIVER_FILTERS.find((known) => known === show),
  q: textOf(q),
});

/** Whose application is reviewed. */
export const validateReviewSearch = ({ driver }: Record<string, unknown>): { driver?: string | undefined } => ({ driver: textOf(driver) });

/*
 * Plain query strings.  By default the router reads each value as JSON, so that `?area=1` would be a
 * number, and a string that looks like JSON would be written in quotes.
 */
export const parseSearch = (query: string): Record<string, string> => Object.fromEntries(new URLSearchParams(query));

export function stringifySearch(search: Record<string, unknown>): string {
  const strings = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const query = new URLSearchParams(strings.sort()).toString(); // sorted, so that the same view has one URL
  return query ? `?${query}` : "";
}

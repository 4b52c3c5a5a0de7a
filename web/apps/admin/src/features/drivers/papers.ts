import type { DriverRow } from "../../lib/api/types.ts";
import { formatDay } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

type Papers = DriverRow["documents"];

/** One line of a driver's papers: what counts, and what was stated since, if that is something else. */
export interface PaperLine {
  name: string;
  current: string | null;
  stated: string | null;
  changed: boolean;
  /** How the paper that would count after an approval ends; `null`: not soon, or it is no date. */
  end: "over" | "soon" | null;
}

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

/** Whether a paper has ended, or ends soon, on that day (both `2026-03-02`). */
export function endOf(endsOn: string, today: string): PaperLine["end"] {
  if (endsOn < today) return "over";
  return (Date.parse(endsOn) - Date.parse(today)) / DAY_MS < SOON_DAYS ? "soon" : null;
}

const FIELDS = ["licence_class", "licence_expires_on", "insurer", "insurance_expires_on"] as const;

/** The papers that count beside those that were stated since, line by line. */
export function comparePapers(current: Papers, stated: Papers | null, today: string): PaperLine[] {
  return FIELDS.map((field) => {
    const isDay = field.endsWith("_on");
    const show = (value: string | null | undefined) => (value ? (isDay ? formatDay(value) : value) : null);
    const counts = (stated ?? current)[field];
    return {
      name: texts.drivers.papers[field],
      current: show(current[field]),
      stated: stated ? show(stated[field]) : null,
      changed: stated !== null && stated[field] !== current[field],
      end: isDay && counts ? endOf(counts, today) : null,
    };
  });
}

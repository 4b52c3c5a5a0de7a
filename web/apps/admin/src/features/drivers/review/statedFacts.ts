import type { DriverRow, ReviewDocument, Vehicle } from "../../../lib/api/types.ts";
import { formatDay } from "../../../lib/format.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { endOf } from "../papers.ts";

/** One thing that the driver stated, to be found in the picture. */
export interface StatedFact {
  name: string;
  value: string;
  /** How a last day stands: over, or soon. */
  end?: "over" | "soon" | null;
  /** What the application says instead, if that is something else. */
  elsewhere?: string;
}

const text = texts.review.facts;

/** What the driver stated that a document of this kind has to show; what was not stated is left out. */
export function statedFacts(driver: DriverRow, document: ReviewDocument, vehicles: readonly Vehicle[], today: string): StatedFact[] {
  const { kind, number, expires_on, vehicle_id } = document;
  const stated = driver.review ?? driver.documents;
  const facts: StatedFact[] = [];
  const add = (name: string, value: string | null | undefined) => {
    if (value) facts.push({ name, value });
  };
  if (kind === "licence" || kind === "insurance" || kind === "profile_photo") add(text.name, driver.name);
  if (kind === "licence") add(text.licenceClass, stated.licence_class);
  if (kind === "insurance") add(text.insurer, stated.insurer);
  const vehicle = vehicles.find(({ id }) => id === vehicle_id);
  if (vehicle) {
    add(text.vehicle, `${vehicle.colour} ${vehicle.make} ${vehicle.model}, ${describeCode(vehicle.type).toLowerCase()}`);
    add(text.plate, vehicle.plate);
  }
  add(text.number, number);
  if (expires_on) {
    const elsewhere = kind === "licence" ? stated.licence_expires_on : kind === "insurance" ? stated.insurance_expires_on : null;
    facts.push({
      name: text.endsOn,
      value: formatDay(expires_on),
      end: endOf(expires_on, today),
      ...(elsewhere && elsewhere !== expires_on ? { elsewhere: formatDay(elsewhere) } : {}),
    });
  }
  return facts;
}

import type { Line } from "../../lib/city.ts";
import { money } from "../../lib/format.ts";
import { statusOf, type Tone } from "../../lib/status.ts";
import { said, texts } from "../../lib/texts.ts";

/** What an event says in one line; with a tone it is a change of state. */
export interface Tell {
  text: string;
  tone?: Tone;
  failed?: boolean;
}

export function tell({ name, status, data }: Line): Tell {
  if (name === "rescue:status_update" && status) {
    const { label, tone } = statusOf(status);
    return { text: label, tone };
  }
  if (name === "payment:processed") {
    const payment = data as { kind: string; status: string; amount_minor: number; currency: string };
    const sum = `${said(payment.kind)} ${money(payment.amount_minor, payment.currency)}`;
    return payment.status === "succeeded" ? { text: sum } : { text: `${sum} ${said(payment.status).toLowerCase()}`, failed: true };
  }
  return { text: name === "message:new" ? texts.events.message : said(name) };
}

/** What else is worth a word: why. */
export const detailsOf = ({ data }: Line): string[] => (typeof data.reason === "string" ? [said(data.reason)] : []);

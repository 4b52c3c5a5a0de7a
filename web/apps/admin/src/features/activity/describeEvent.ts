import type { Tone } from "@supportcarr/ui/Badge";

import type { ActivityEvent } from "../../lib/cityStore.ts";
import { formatMoney } from "../../lib/format.ts";
import { describeStatus } from "../../lib/rescueStatus.ts";
import { describeCode, texts } from "../../lib/texts.ts";

/** An event as one line of text; a status change also has the tone of its status. */
export interface EventDescription {
  text: string;
  tone?: Tone;
  failed?: boolean;
}

export function describeEvent({ name, status, data }: ActivityEvent): EventDescription {
  if (name === "rescue:status_update" && status) {
    const { label, tone } = describeStatus(status);
    return { text: label, tone };
  }
  if (name === "payment:processed") {
    const payment = data as { kind: string; status: string; amount_minor: number; currency: string };
    const text = `${describeCode(payment.kind)} ${formatMoney(payment.amount_minor, payment.currency)}`;
    return payment.status === "succeeded" ? { text } : { text: `${text} ${describeCode(payment.status).toLowerCase()}`, failed: true };
  }
  if (name === "driver:attention") return { text: texts.activity.attention[String(data.reason)] ?? describeCode(name) };
  if (name === "photo:new") return { text: texts.activity.photo };
  return { text: name === "message:new" ? texts.activity.message : describeCode(name) };
}

/** The reason of an event, if it has one. */
export const describeReason = ({ data }: ActivityEvent): string | null => (typeof data.reason === "string" ? describeCode(data.reason) : null);

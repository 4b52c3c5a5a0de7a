import { duration, shortId } from "../../lib/format.ts";
import type { LiveRescue } from "../../lib/rescues.ts";
import { statusOf } from "../../lib/status.ts";
import { texts } from "../../lib/texts.ts";
import type { Trucks } from "../../lib/trucks.ts";

/** What the map says of the thing under the pointer: a name and, below it, its state. */
export interface Tip {
  name: string;
  state: string | null;
}

export function tipOf(
  thing: { id?: string; rescue?: string | null },
  rescues: ReadonlyMap<string, LiveRescue>,
  trucks: Trucks,
): Tip | null {
  const truck = thing.id ? trucks.get(thing.id) : undefined;
  const rescue = rescues.get(truck?.rescueId ?? thing.id ?? "");
  if (truck && !truck.rescueId) return { name: texts.map.freeTruck, state: null };
  const eta = truck?.etaSeconds ? texts.map.arrivesIn(duration(truck.etaSeconds)) : null;
  const state = [rescue ? statusOf(rescue.status).label : null, eta].filter(Boolean).join(" · ") || null;
  if (truck?.rescueId) return { name: texts.map.truckOf(shortId(truck.rescueId)), state };
  return rescue ? { name: texts.rescue.title(shortId(rescue.id)), state } : null;
}

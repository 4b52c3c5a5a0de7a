import { formatDuration, shortId } from "../../lib/format.ts";
import type { LiveRescue } from "../../lib/liveRescues.ts";
import { describeStatus } from "../../lib/rescueStatus.ts";
import { texts } from "../../lib/texts.ts";
import type { Trucks } from "../../lib/trucks.ts";

/** What the map shows of the truck or rescue under the pointer. */
export interface Tooltip {
  title: string;
  detail: string | null;
}

/** The tooltip of the truck or rescue with this id; null if it is not on the map any more. */
export function tooltipOf(id: string, rescues: ReadonlyMap<string, LiveRescue>, trucks: Trucks): Tooltip | null {
  const truck = trucks.get(id);
  if (truck && !truck.rescueId) return { title: texts.map.freeTruck, detail: null };
  const rescue = rescues.get(truck?.rescueId ?? id);
  const eta = truck?.etaSeconds ? texts.map.arrivesIn(formatDuration(truck.etaSeconds)) : null;
  const detail = [rescue ? describeStatus(rescue.status).label : null, eta].filter(Boolean).join(" · ") || null;
  if (truck?.rescueId) return { title: texts.map.truckOf(shortId(truck.rescueId)), detail };
  return rescue ? { title: texts.rescue.title(shortId(rescue.id)), detail } : null;
}

export function tooltipElement({ title, detail }: Tooltip): HTMLElement {
  const element = document.createElement("div");
  const strong = document.createElement("strong");
  strong.textContent = title;
  element.append(strong);
  if (detail) element.append(document.createElement("br"), detail);
  return element;
}

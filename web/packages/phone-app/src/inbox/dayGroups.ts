/** What happened on one day. */
export interface DayGroup<Item> {
  /** In the zone, `2026-03-02`. */
  day: string;
  /** The time of the newest of them. */
  at: string;
  items: Item[];
}

/** Consecutive items of one day together, in their order. */
export function dayGroups<Item extends { at: string }>(items: readonly Item[], timeZone: string | undefined): DayGroup<Item>[] {
  const format = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...(timeZone ? { timeZone } : {}) });
  const groups: DayGroup<Item>[] = [];
  for (const item of items) {
    const day = format.format(new Date(item.at));
    const last = groups.at(-1);
    if (last?.day === day) last.items.push(item);
    else groups.push({ day, at: item.at, items: [item] });
  }
  return groups;
}

// A rescue with its PIN, driver and history, who the person is, their bikes and places; no prices, no sessions.
const KEPT: Record<string, readonly string[]> = { clock: [], config: [], account: ["me"], rescues: ["live", "scheduled", "history", "detail", "timeline", "messages"], riding: ["bikes", "places"] };

/** Whether what a query has loaded is shown when there is no connection. */
export function isKeptOffline(queryKey: readonly unknown[]): boolean {
  const kept = KEPT[String(queryKey[0])];
  return kept !== undefined && (kept.length === 0 || kept.includes(String(queryKey.at(-1))));
}

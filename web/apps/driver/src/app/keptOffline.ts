// The job, who the person is, and what they drive; no sessions.
const KEPT: Record<string, readonly string[]> = { clock: [], config: [], account: ["me"], jobs: ["live", "detail", "timeline", "messages"], driving: ["application", "vehicles", "today"] };

/** Whether what a query has loaded is shown when there is no connection. */
export function isKeptOffline(queryKey: readonly unknown[]): boolean {
  const kept = KEPT[String(queryKey[0])];
  return kept !== undefined && (kept.length === 0 || kept.includes(String(queryKey.at(-1))));
}

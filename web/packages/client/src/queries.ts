import { type InvalidateOptions, type InvalidateQueryFilters, type QueryKey, QueryClient } from "@tanstack/query-core";

/**
 * The client of an app's queries.  What becomes invalid while it is being loaded is loaded once more: the response that
 * is under way may be older than the change.  The library itself does so only for what is shown and was loaded before;
 * otherwise it takes that response for a fresh one (findings/tanstack-query-joins-the-first-load.sh).
 */
export class RenewingQueryClient extends QueryClient {
  override async invalidateQueries<Key extends QueryKey = QueryKey>(filters?: InvalidateQueryFilters<Key>, options?: InvalidateOptions): Promise<void> {
    const underWay = this.getQueryCache()
      .findAll(filters)
      .filter((query) => query.state.fetchStatus === "fetching" && (query.state.data === undefined || !query.isActive()));
    const again = underWay.map(async (query) => {
      await query.fetch(undefined, { cancelRefetch: false }).catch(() => undefined); // joins the load that is under way
      // Several changes during one load need one more load: what has begun since then is joined.
      await super.invalidateQueries({ queryKey: query.queryKey, exact: true, ...(filters?.refetchType ? { refetchType: filters.refetchType } : {}) }, { ...options, cancelRefetch: false });
    });
    await Promise.all([super.invalidateQueries(filters, options), ...again]);
  }
}

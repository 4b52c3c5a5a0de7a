import { type InvalidateOptions, type InvalidateQueryFilters, onlineManager, type QueryKey, QueryClient, type RefetchOptions, type RefetchQueryFilters } from "@tanstack/query-core";

/** Resolves with `work`, or as soon as there is no connection: what is loaded then waits for the next one. */
async function whileOnline(work: Promise<void>): Promise<void> {
  if (!onlineManager.isOnline()) {
    work.catch(() => undefined);
    return;
  }
  let end = (): void => undefined;
  const lost = new Promise<void>((resolve) => {
    end = onlineManager.subscribe((online) => {
      if (!online) resolve();
    });
  });
  await Promise.race([work, lost]).finally(end);
}

/**
 * The client of an app's queries.  What becomes invalid while it is being loaded is loaded once more: the response that
 * is under way may be older than the change.  The library itself does so only for what is shown and was loaded before;
 * otherwise it takes that response for a fresh one (findings/tanstack-query-joins-the-first-load.sh).
 * Nobody who waits for a refetch waits for the connection: the library does, if it is lost in the middle of one
 * (findings/tanstack-query-waits-for-the-network.sh).
 */
export class RenewingQueryClient extends QueryClient {
  override async invalidateQueries<Key extends QueryKey = QueryKey>(filters?: InvalidateQueryFilters<Key>, options?: InvalidateOptions): Promise<void> {
    const underWay = this.getQueryCache()
      .findAll(filters)
      .filter((query) => query.state.fetchStatus === "fetching" && (query.state.data === undefined || !query.isActive()));
    const again = underWay.map(async (query) => {
      await whileOnline(
        query.fetch(undefined, { cancelRefetch: false }).then(
          () => undefined,
          () => undefined,
        ),
      ); // joins the load that is under way
      // Several changes during one load need one more load: what has begun since then is joined.
      await super.invalidateQueries({ queryKey: query.queryKey, exact: true, ...(filters?.refetchType ? { refetchType: filters.refetchType } : {}) }, { ...options, cancelRefetch: false });
    });
    await Promise.all([super.invalidateQueries(filters, options), ...again]);
  }

  override refetchQueries<Key extends QueryKey = QueryKey>(filters?: RefetchQueryFilters<Key>, options?: RefetchOptions): Promise<void> {
    return whileOnline(super.refetchQueries(filters, options));
  }
}

import { toProblem } from "@supportcarr/client/http";
import { RenewingQueryClient } from "@supportcarr/client/queries";
import { onlineManager, QueryCache, type QueryClient, type QueryKey } from "@tanstack/react-query";

const MAX_RETRIES = 2;
const STALE_MS = 5_000; // what was asked for before its screen was there is not asked for again; events renew it at once

/** A client error (4xx) stays the same however often the request is repeated. */
const isPermanent = (error: Error): boolean => {
  const { status } = toProblem(error);
  return status >= 400 && status < 500 && status !== 429;
};

/**
 * Loads again what is shown and could not be loaded without a response: the platform can be reached.  A browser that
 * says that it has no network is not believed.
 */
export function refetchFailed(queryClient: QueryClient): void {
  onlineManager.setOnline(true);
  void queryClient.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" && toProblem(state.error).status === 0 }, { cancelRefetch: false });
}

/**
 * Puts in place what an event tells of a query.  A response that is under way may be older than the event, so nothing
 * waits for it: otherwise it would take the place of what is newer.
 */
export async function insteadOfLoading(queryClient: QueryClient, queryKey: QueryKey, put: () => void): Promise<void> {
  await queryClient.cancelQueries({ queryKey, exact: true });
  put();
}

/**
 * The client of an app's queries.  Without a network they wait; the library itself takes every page for one with a
 * network until it hears of a change, and a page that was opened without one hears of none.
 */
export function createQueryClient(): QueryClient {
  onlineManager.setOnline(navigator.onLine);
  const queryClient: QueryClient = new RenewingQueryClient({
    queryCache: new QueryCache({ onSuccess: () => refetchFailed(queryClient) }),
    defaultOptions: { queries: { staleTime: STALE_MS, retry: (failures, error) => failures < MAX_RETRIES && !isPermanent(error) } },
  });
  return queryClient;
}

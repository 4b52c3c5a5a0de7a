#!/usr/bin/env bash
# @tanstack/query-core 5.108.0 (Node)
#
# Input: a query that somebody watches is being loaded. Meanwhile what it reads changes on the server, and the program
#   calls `await client.invalidateQueries(...)`, whose `cancelRefetch` is true by default: a request that is under way
#   is cancelled, and a new one is made.
# Expected: two requests, and afterwards the new value, whether the query was loaded before or not.
# Seen: that is so for a query that was loaded before. If it is the first load, no second request is made: the call
#   waits for the one under way, whose response is older than the change, and the query then has the old value, is not
#   stale and not invalid. `cancelRefetch` works only where there is data already. The usual case: a page opens after a
#   redirect (a payment, a sign-in), begins its first load, and hears in the same second that something has changed.
# What follows: invalidate once more when a first load that was under way has ended, or set a value by `setQueryData`.
. "$(dirname "$0")/support/common.sh"
node_with @tanstack/query-core@5.108.0

cat > query.mjs <<'JS'
import { QueryClient, QueryObserver } from "@tanstack/query-core";

async function changedWhileLoading(loadedBefore) {
  const client = new QueryClient();
  const server = { value: "old", requests: 0 };
  const answers = [];
  const queryFn = () => {
    server.requests += 1;
    const value = server.value;
    return new Promise((resolve) => answers.push(() => resolve(value)));
  };
  const observer = new QueryObserver(client, { queryKey: ["cards"], queryFn, staleTime: Infinity });
  const unsubscribe = observer.subscribe(() => {});
  if (loadedBefore) {
    answers.shift()();
    await new Promise((resolve) => setTimeout(resolve));
    server.requests = 0;
    void client.invalidateQueries({ queryKey: ["cards"] }); // begins another load
  }
  server.value = "new";
  const invalidated = client.invalidateQueries({ queryKey: ["cards"] });
  for (const answer of answers) answer();
  await invalidated;
  const { data, isStale } = observer.getCurrentResult();
  const { isInvalidated } = client.getQueryState(["cards"]);
  console.log(`${loadedBefore ? "loaded before" : "first load"}: requests ${server.requests}, value ${data}, stale ${isStale}, invalid ${isInvalidated}`);
  unsubscribe();
  client.clear();
}

await changedWhileLoading(true);
await changedWhileLoading(false);
JS
seen=$(node query.mjs 2>&1)

unchanged "$seen" <<'END'
loaded before: requests 2, value new, stale false, invalid false
first load: requests 1, value old, stale false, invalid false
END

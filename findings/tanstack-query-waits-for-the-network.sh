#!/usr/bin/env bash
# @tanstack/query-core 5.108.0 (Node)
#
# Input: a program awaits `client.invalidateQueries(...)`, as one does before a button is enabled again. The network is
#   lost either just before the call, or while the refetch that it began is under way (whose request then fails).
# Expected: the call settles in both cases; a refetch that waits for the network goes on by itself later.
# Seen: that is so if there is no network at the call. If it is lost in the middle, the refetch is paused before its next
#   attempt, and the call does not settle until there is a network again, hours later if need be: only a fetch that is
#   paused when it begins is left out of what is awaited.
# What follows: race what is awaited with `onlineManager`, or do not await a refetch before the person may go on.
. "$(dirname "$0")/support/common.sh"
node_with @tanstack/query-core@5.108.0

cat > query.mjs <<'JS'
import { onlineManager, QueryClient, QueryObserver } from "@tanstack/query-core";

const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function lost(when) {
  onlineManager.setOnline(true);
  const client = new QueryClient({ defaultOptions: { queries: { retry: 3, retryDelay: 0 } } });
  client.mount();
  let answer = () => Promise.resolve("first");
  const observer = new QueryObserver(client, { queryKey: ["job"], queryFn: () => answer() });
  const unsubscribe = observer.subscribe(() => {});
  await soon(20);
  let fail;
  answer = () => new Promise((_, reject) => (fail = () => reject(new Error("no network"))));
  if (when === "before the call") onlineManager.setOnline(false);
  let settled = false;
  const invalidated = client.invalidateQueries({ queryKey: ["job"] }).then(() => (settled = true));
  await soon(20);
  if (when === "in the middle") {
    onlineManager.setOnline(false);
    fail();
  }
  await soon(500);
  const without = settled;
  answer = () => Promise.resolve("second");
  onlineManager.setOnline(true);
  await invalidated;
  await soon(20);
  console.log(`lost ${when}: settled without a network ${without}, with one again ${settled}, value ${observer.getCurrentResult().data}`);
  unsubscribe();
  client.unmount();
  client.clear();
}

await lost("before the call");
await lost("in the middle");
JS
seen=$(node query.mjs 2>&1)

unchanged "$seen" <<'END'
lost before the call: settled without a network true, with one again true, value second
lost in the middle: settled without a network false, with one again true, value second
END

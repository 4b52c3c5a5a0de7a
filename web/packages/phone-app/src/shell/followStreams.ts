import type { RealtimeClient, RealtimeOptions } from "@supportcarr/client/realtime";
import type { QueryClient } from "@tanstack/react-query";

import { configQueries } from "../api/config.ts";

export type StreamOptions = Pick<RealtimeOptions, "getToken" | "onEvent" | "onPositions" | "onReload" | "onStatus"> & { queryClient: QueryClient };

/**
 * Follows the person's streams until the returned function is called.  Without a network the connection is given up at
 * once; when there is one again, the state is loaded once, and events go on from there.
 */
export function followStreams({ queryClient, ...options }: StreamOptions): () => void {
  let client: RealtimeClient | null = null;
  let stopped = false;
  const pause = () => client?.pause();
  const resume = () => client?.resume();

  async function start() {
    const [{ RealtimeClient: Client }, config] = await Promise.all([import("@supportcarr/client/realtime"), queryClient.query({ ...configQueries.current(), staleTime: "static" })]);
    if (stopped) return;
    client = new Client({ ...options, url: config.realtime_url, reloadAfterGap: true });
    client.start();
    if (!navigator.onLine) client.pause();
    addEventListener("offline", pause);
    addEventListener("online", resume);
  }

  start().catch(() => options.onStatus("offline"));
  return () => {
    stopped = true;
    removeEventListener("offline", pause);
    removeEventListener("online", resume);
    client?.stop();
  };
}

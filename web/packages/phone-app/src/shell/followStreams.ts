import type { RealtimeClient, RealtimeOptions } from "@supportcarr/client/realtime";
import { whenIdle } from "@supportcarr/client/whenIdle";
import type { QueryClient } from "@tanstack/react-query";

import { configQueries } from "../api/config.ts";
import { refetchFailed } from "./queryClient.ts";

export type StreamOptions = Pick<RealtimeOptions, "getToken" | "onEvent" | "onPositions" | "onReload" | "onStatus"> & { queryClient: QueryClient };

const RETRY_MS = 5_000;

/**
 * Follows the person's streams until the returned function is called.  Without a network the connection is given up at
 * once; when there is one again, the state is loaded once, and events go on from there.  A page that was opened without
 * a network does not know the address yet: it asks again when the network is back, and every few seconds.
 */
export function followStreams({ queryClient, ...options }: StreamOptions): () => void {
  let client: RealtimeClient | null = null;
  let starting = false;
  let stopped = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function createClient(): Promise<RealtimeClient> {
    const [{ RealtimeClient: Client }, config] = await Promise.all([import("@supportcarr/client/realtime"), queryClient.query({ ...configQueries.current(), staleTime: "static" })]);
    const onStatus: StreamOptions["onStatus"] = (status) => {
      if (status === "live") refetchFailed(queryClient);
      options.onStatus(status);
    };
    return new Client({ ...options, onStatus, url: config.realtime_url, reloadAfterGap: true });
  }

  async function start(): Promise<void> {
    if (starting) return;
    starting = true;
    clearTimeout(retry);
    try {
      const created = await createClient();
      if (stopped) return;
      client = created;
      client.start();
      if (!navigator.onLine) client.pause();
    } catch {
      if (stopped) return;
      options.onStatus("offline");
      retry = setTimeout(() => void start(), RETRY_MS);
    } finally {
      starting = false;
    }
  }

  const pause = () => client?.pause();
  const resume = () => (client ? client.resume() : void start());
  addEventListener("offline", pause);
  addEventListener("online", resume);
  void whenIdle().then(() => (stopped ? undefined : start())); // the state itself is asked for at once
  return () => {
    stopped = true;
    clearTimeout(retry);
    removeEventListener("offline", pause);
    removeEventListener("online", resume);
    client?.stop();
  };
}

import type { RealtimeClient, StreamEvent } from "@supportcarr/client/realtime";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { configQueries } from "../lib/api/config.ts";
import { notificationQueries } from "../lib/api/notifications.ts";
import { rescueQueries } from "../lib/api/rescues.ts";
import { clockQueries } from "../lib/api/clock.ts";
import { type DriverPosition, useLive } from "../lib/liveStore.ts";
import { tokenFor } from "../lib/session.ts";

interface RescueEvent {
  rescue_id?: string;
  sender?: { role: string };
}

/** Keeps what is shown up to date by events while the person is signed in. */
export function useLiveSync(signedIn: boolean): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!signedIn) return;
    let client: RealtimeClient | null = null;
    let stopped = false;
    const renew = (...keys: (readonly unknown[])[]) => keys.forEach((queryKey) => void queryClient.invalidateQueries({ queryKey }));

    function onEvent(name: string, event: StreamEvent, past: boolean) {
      if (past) return;
      const data = event.data as RescueEvent;
      if (name === "notification:new") renew(notificationQueries.all());
      if (!data.rescue_id) return;
      if (name === "message:new") {
        if (data.sender?.role !== "rider") useLive.getState().countMessage(data.rescue_id);
        renew(rescueQueries.messages(data.rescue_id).queryKey);
      } else if (name === "photo:new") renew(rescueQueries.photos(data.rescue_id).queryKey);
      else if (name !== "notification:new") renew(rescueQueries.of(data.rescue_id), rescueQueries.live().queryKey, rescueQueries.scheduled().queryKey, rescueQueries.history().queryKey);
    }

    async function start() {
      const [{ RealtimeClient: Client }, config] = await Promise.all([import("@supportcarr/client/realtime"), queryClient.query(configQueries.current())]);
      if (stopped) return;
      client = new Client({
        url: config.realtime_url,
        getToken: tokenFor,
        onStatus: useLive.getState().setConnection,
        onReload: () => renew(rescueQueries.all(), notificationQueries.all(), clockQueries.current().queryKey),
        onEvent,
        onPositions: (received) => useLive.getState().applyPositions((Array.isArray(received) ? received : [received]) as DriverPosition[]),
      });
      client.start();
    }

    start().catch(() => useLive.getState().setConnection("offline"));
    return () => {
      stopped = true;
      client?.stop();
      useLive.getState().reset();
    };
  }, [signedIn, queryClient]);
}

import type { RealtimeClient, StreamEvent } from "@supportcarr/client/realtime";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { clockQueries } from "../lib/api/clock.ts";
import { configQueries } from "../lib/api/config.ts";
import { drivingQueries } from "../lib/api/driving.ts";
import { jobQueries } from "../lib/api/jobs.ts";
import { notificationQueries } from "../lib/api/notifications.ts";
import type { Offer } from "../lib/api/types.ts";
import { useLive } from "../lib/liveStore.ts";
import { tokenFor } from "../lib/session.ts";

interface EventData {
  rescue_id?: string;
  offer_id?: string;
  outcome?: string;
  sender?: { role: string };
}

/** Keeps what is shown up to date by events while the driver is signed in. */
export function useLiveSync(signedIn: boolean): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!signedIn) return;
    let client: RealtimeClient | null = null;
    let stopped = false;
    const renew = (...keys: (readonly unknown[])[]) => keys.forEach((queryKey) => void queryClient.invalidateQueries({ queryKey }));

    function onEvent(name: string, event: StreamEvent, past: boolean) {
      if (past) return;
      const data = event.data as EventData;
      if (name === "offer:new") {
        queryClient.setQueryData(jobQueries.offer().queryKey, event.data as Offer);
      } else if (name === "offer:closed") {
        const shown = queryClient.getQueryData(jobQueries.offer().queryKey);
        if (shown?.id === data.offer_id) queryClient.setQueryData(jobQueries.offer().queryKey, null);
        const answered = data.outcome === "accepted" || data.outcome === "declined";
        if (!answered && data.offer_id) useLive.getState().closeOffer({ offerId: data.offer_id, outcome: data.outcome ?? "expired" });
        renew(jobQueries.live().queryKey, drivingQueries.today().queryKey);
      } else if (name === "notification:new") {
        renew(notificationQueries.all(), drivingQueries.all());
      } else if (name === "message:new" && data.rescue_id) {
        if (data.sender?.role !== "driver") useLive.getState().countMessage(data.rescue_id);
        renew(jobQueries.messages(data.rescue_id).queryKey);
      } else if (name === "photo:new" && data.rescue_id) {
        renew(jobQueries.photos(data.rescue_id).queryKey);
      } else if (data.rescue_id) {
        renew(jobQueries.of(data.rescue_id), jobQueries.live().queryKey, drivingQueries.today().queryKey, drivingQueries.earnings().queryKey);
      }
    }

    async function start() {
      const [{ RealtimeClient: Client }, config] = await Promise.all([import("@supportcarr/client/realtime"), queryClient.query({ ...configQueries.current(), staleTime: "static" })]);
      if (stopped) return;
      client = new Client({
        url: config.realtime_url,
        getToken: tokenFor,
        onStatus: useLive.getState().setConnection,
        onReload: () => renew(jobQueries.all(), drivingQueries.all(), notificationQueries.all(), clockQueries.current().queryKey),
        onEvent,
        onPositions: () => undefined,
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

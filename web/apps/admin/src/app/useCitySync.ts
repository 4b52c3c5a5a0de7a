import type { PublicConfig } from "@supportcarr/client/config";
import { RealtimeClient } from "@supportcarr/client/realtime";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { clockQueries } from "../lib/api/clock.ts";
import { driverQueries } from "../lib/api/drivers.ts";
import { overviewQueries } from "../lib/api/overview.ts";
import { rescueQueries } from "../lib/api/rescues.ts";
import { useCityStore } from "../lib/cityStore.ts";
import { getValidToken, useSession } from "../lib/session.ts";
import { CitySync } from "./citySync.ts";

const HISTORY = 60; // past events to request, so that the activity feed does not start empty

/** Keeps the store of the city live while the component is mounted. */
export function useCitySync(config: PublicConfig, areaId: string): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const sync = new CitySync(areaId, () => useSession.getState().signOut("forbidden"));
    const realtime = new RealtimeClient({
      url: config.realtime_url,
      getToken: getValidToken,
      history: HISTORY,
      onStatus: useCityStore.getState().setConnection,
      onReload: () => {
        sync.reloadNow();
        for (const queryKey of [rescueQueries.all(), driverQueries.lists(), overviewQueries.all(), clockQueries.current().queryKey]) void queryClient.invalidateQueries({ queryKey });
      },
      onEvent: (name, event, past) => {
        sync.applyEvent(name, event, past);
        const { rescue_id } = event.data as { rescue_id?: string };
        if (name === "driver:attention" && !past) void queryClient.invalidateQueries({ queryKey: driverQueries.lists() });
        if (rescue_id && !past) void queryClient.invalidateQueries({ queryKey: rescueQueries.detail(rescue_id).queryKey });
      },
      onPositions: (positions) => sync.applyPositions(positions),
    });
    sync.start();
    realtime.start();
    return () => {
      realtime.stop();
      sync.stop();
      useCityStore.getState().reset();
    };
  }, [config.realtime_url, areaId, queryClient]);
}

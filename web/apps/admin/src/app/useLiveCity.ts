import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import { Realtime } from "@supportcarr/client/src/realtime.ts";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { useCity } from "../lib/city.ts";
import { freshToken, useSession } from "../lib/session.ts";
import { LiveCity } from "./liveCity.ts";

const HISTORY = 60; // events of before, so that the stream of events does not begin empty

/** The city of an area, live for as long as the component is there. */
export function useLiveCity(config: PublicConfig, area: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    const city = new LiveCity(area, () => useSession.getState().signOut("forbidden"));
    const realtime = new Realtime({
      url: config.realtime_url,
      token: freshToken,
      history: HISTORY,
      onConnection: useCity.getState().setConnection,
      onReload: () => {
        city.readNow();
        for (const key of ["overview", "ended", "clock", "rescue"]) void queries.invalidateQueries({ queryKey: [key] });
      },
      onEvent: (name, event, past) => {
        city.event(name, event, past);
        const { rescue_id } = event.data as { rescue_id?: string };
        if (rescue_id && !past) void queries.invalidateQueries({ queryKey: ["rescue", rescue_id] });
      },
      onPositions: (positions) => city.positions(positions),
    });
    city.start();
    realtime.start();
    return () => {
      realtime.stop();
      city.stop();
      useCity.getState().clear();
    };
  }, [config.realtime_url, area, queries]);
}

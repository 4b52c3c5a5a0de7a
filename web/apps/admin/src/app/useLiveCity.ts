import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import { Realtime } from "@supportcarr/client/src/realtime.ts";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { getMap } from "../lib/api.ts";
import { useCity } from "../lib/city.ts";
import { freshToken } from "../lib/session.ts";

export const AREA = "montreal";

const READ_MS = 1_000;
const EVENTS = ["rescue:status_update", "payment:processed", "message:new", "sos:raised"] as const;

type Position = Parameters<ReturnType<typeof useCity.getState>["move"]>[0][number];

/** Keeps the city of `lib/city` true: loaded when the streams are known, then kept by events. */
export function useLiveCity(config: PublicConfig): void {
  const queries = useQueryClient();
  useEffect(() => {
    const { apply, load, merge, move, setConnection } = useCity.getState();
    let reading: ReturnType<typeof setTimeout> | undefined;
    // An event carries no places: a rescue that we know only from events is read, soon and together.
    const readNewOnes = () => {
      reading ??= setTimeout(() => {
        reading = undefined;
        void getMap(AREA).then((view) => merge(view.rescues), () => undefined);
      }, READ_MS);
    };
    let waiting: Position[] = [];
    let frame = 0;
    const realtime = new Realtime({
      url: config.realtime_url,
      token: freshToken,
      events: EVENTS,
      onConnection: setConnection,
      onReload: () => {
        void getMap(AREA).then(load, () => setConnection("offline"));
        void queries.invalidateQueries();
      },
      onEvent: (name, event) => {
        apply(name, event);
        const { rescue_id } = event.data as { rescue_id?: string };
        if (rescue_id && useCity.getState().rescues.get(rescue_id)?.pickup === undefined) readNewOnes();
        if (rescue_id) void queries.invalidateQueries({ queryKey: ["rescue", rescue_id] });
      },
      // One change of state a frame, however many positions came.
      onPositions: (positions) => {
        waiting.push(...((Array.isArray(positions) ? positions : [positions]) as Position[]));
        frame ||= requestAnimationFrame(() => {
          move(waiting, performance.now());
          waiting = [];
          frame = 0;
        });
      },
    });
    realtime.start();
    return () => {
      clearTimeout(reading);
      cancelAnimationFrame(frame);
      realtime.stop();
    };
  }, [config.realtime_url, queries]);
}

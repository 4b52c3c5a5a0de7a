import type { StreamEvent } from "@supportcarr/client/realtime";
import { chatOf, isWriting, withMessage } from "@supportcarr/phone-app/chat/chatActions";
import { followStreams } from "@supportcarr/phone-app/shell/followStreams";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { notificationQueries } from "../lib/api/notifications.ts";
import { rescueQueries } from "../lib/api/rescues.ts";
import { clockQueries } from "../lib/api/clock.ts";
import type { Message } from "../lib/api/types.ts";
import { type DriverPosition, useLive } from "../lib/liveStore.ts";
import { photoOf, photoQueue } from "../lib/photoUploads.ts";
import { queue } from "../lib/queue.ts";
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
    const renew = (...keys: (readonly unknown[])[]) => keys.forEach((queryKey) => void queryClient.invalidateQueries({ queryKey }));

    function onEvent(name: string, event: StreamEvent, past: boolean) {
      const data = event.data as RescueEvent;
      if (name === "message:new" && data.rescue_id && data.sender?.role !== "rider") useLive.getState().countMessage(data.rescue_id); // also one that was missed
      if (past) return; // the state that is loaded has it
      if (name === "notification:new") renew(notificationQueries.all());
      if (!data.rescue_id) return;
      if (name === "message:new") {
        const own = data.sender?.role === "rider" && isWriting(queue.state.getState().actions, data.rescue_id); // the response brings it
        if (!own) renew(rescueQueries.messages(data.rescue_id).queryKey);
      }
      else if (name === "photo:new") renew(rescueQueries.photos(data.rescue_id).queryKey);
      else if (name !== "notification:new") renew(rescueQueries.of(data.rescue_id), rescueQueries.live().queryKey, rescueQueries.scheduled().queryKey, rescueQueries.history().queryKey);
    }

    const end = followStreams({
      queryClient,
      getToken: tokenFor,
      onStatus: useLive.getState().setConnection,
      onReload: () => renew(rescueQueries.all(), notificationQueries.all(), clockQueries.current().queryKey),
      onEvent,
      onPositions: (received) => useLive.getState().applyPositions((Array.isArray(received) ? received : [received]) as DriverPosition[]),
    });
    const unwatch = queue.onSent(({ subject }, response) => {
      const chat = chatOf(subject);
      if (chat === null) renew(rescueQueries.all());
      else {
        queryClient.setQueryData(rescueQueries.messages(chat).queryKey, (before) => withMessage(before, response as Message));
        renew(rescueQueries.messages(chat).queryKey);
      }
    });
    const unwatchPhotos = photoQueue.onSent((action) => renew(rescueQueries.photos(photoOf(action).rescueId).queryKey));
    return () => {
      end();
      unwatch();
      unwatchPhotos();
      useLive.getState().reset();
    };
  }, [signedIn, queryClient]);
}

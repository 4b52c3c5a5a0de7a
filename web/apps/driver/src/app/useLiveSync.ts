import type { StreamEvent } from "@supportcarr/client/realtime";
import { chatOf, isWriting, withMessage } from "@supportcarr/phone-app/chat/chatActions";
import { followStreams } from "@supportcarr/phone-app/shell/followStreams";
import { insteadOfLoading } from "@supportcarr/phone-app/shell/queryClient";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { clockQueries } from "../lib/api/clock.ts";
import { drivingQueries } from "../lib/api/driving.ts";
import { jobQueries } from "../lib/api/jobs.ts";
import { notificationQueries } from "../lib/api/notifications.ts";
import type { Message, Offer } from "../lib/api/types.ts";
import { useLive } from "../lib/liveStore.ts";
import { queue } from "../lib/queue.ts";
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
    const offer = jobQueries.offer().queryKey;
    const renew = (...keys: (readonly unknown[])[]) => keys.forEach((queryKey) => void queryClient.invalidateQueries({ queryKey }));

    function onEvent(name: string, event: StreamEvent, past: boolean) {
      const data = event.data as EventData;
      if (name === "message:new" && data.rescue_id && data.sender?.role !== "driver") useLive.getState().countMessage(data.rescue_id); // also one that was missed
      if (past) return; // the state that is loaded has it
      if (name === "offer:new") {
        void insteadOfLoading(queryClient, offer, () => queryClient.setQueryData(offer, event.data as Offer));
      } else if (name === "offer:closed") {
        void insteadOfLoading(queryClient, offer, () => queryClient.setQueryData(offer, (shown) => (shown?.id === data.offer_id ? null : shown))).then(() => renew(offer));
        const answered = data.outcome === "accepted" || data.outcome === "declined";
        if (!answered && data.offer_id) useLive.getState().closeOffer({ offerId: data.offer_id, outcome: data.outcome ?? "expired" });
        renew(jobQueries.live().queryKey, drivingQueries.today().queryKey);
      } else if (name === "notification:new") {
        renew(notificationQueries.all(), drivingQueries.all());
      } else if (name === "message:new" && data.rescue_id) {
        const own = data.sender?.role === "driver" && isWriting(queue.state.getState().actions, data.rescue_id); // the response brings it
        if (!own) renew(jobQueries.messages(data.rescue_id).queryKey);
      } else if (name === "photo:new" && data.rescue_id) {
        renew(jobQueries.photos(data.rescue_id).queryKey);
      } else if (data.rescue_id) {
        renew(jobQueries.of(data.rescue_id), jobQueries.live().queryKey, drivingQueries.today().queryKey, drivingQueries.earnings().queryKey);
      }
    }

    const end = followStreams({
      queryClient,
      getToken: tokenFor,
      onStatus: useLive.getState().setConnection,
      onReload: () => renew(jobQueries.all(), drivingQueries.all(), notificationQueries.all(), clockQueries.current().queryKey),
      onEvent,
      onPositions: () => undefined,
    });
    const unwatch = queue.onSent(({ subject }, response) => {
      const chat = chatOf(subject);
      if (chat === null) renew(jobQueries.all());
      else {
        queryClient.setQueryData(jobQueries.messages(chat).queryKey, (before) => withMessage(before, response as Message));
        renew(jobQueries.messages(chat).queryKey);
      }
    });
    return () => {
      end();
      unwatch();
      useLive.getState().reset();
    };
  }, [signedIn, queryClient]);
}

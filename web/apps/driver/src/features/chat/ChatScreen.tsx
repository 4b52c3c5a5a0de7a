import { Chat } from "@supportcarr/phone-app/chat/Chat";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslations } from "use-intl";

import { FINAL, jobQueries } from "../../lib/api/jobs.ts";
import { useLive } from "../../lib/liveStore.ts";

/** What rider and driver write to each other. */
export function ChatScreen() {
  const text = useTranslations("chat");
  const { rescueId } = useParams({ from: "/signed-in/job/$rescueId/chat" });
  const rescue = useQuery(jobQueries.detail(rescueId));
  const messages = useQuery(jobQueries.messages(rescueId));
  const openChat = useLive((state) => state.openChat);

  useEffect(() => {
    openChat(rescueId);
    return () => openChat(null);
  }, [openChat, rescueId]);

  const name = rescue.data?.rider.name.split(" ")[0];
  return (
    <Chat
      rescueId={rescueId}
      title={name ? text("titleRider", { rider: name }) : text("title")}
      back={{ to: "/job/$rescueId", params: { rescueId } }}
      messages={messages}
      closed={rescue.data !== undefined && FINAL.has(rescue.data.status) && rescue.data.status !== "completed"}
    />
  );
}

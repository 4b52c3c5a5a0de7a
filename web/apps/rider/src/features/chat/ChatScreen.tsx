import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { SendHorizontal } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";

import { FINAL, rescueQueries, sendMessage } from "../../lib/api/rescues.ts";
import type { Message } from "../../lib/api/types.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { useLive } from "../../lib/liveStore.ts";
import { Screen } from "../../lib/Screen.tsx";
import { IconButton } from "@supportcarr/ui/IconButton";
import { MessageList } from "./MessageList.tsx";
import { type Draft, useOutbox } from "./outbox.ts";

const MAX_LETTERS = 1_000;

/** What rider and driver write to each other. */
export function ChatScreen() {
  const text = useTranslations("chat");
  const { rescueId } = useParams({ from: "/signed-in/rescues/$rescueId/chat" });
  const queryClient = useQueryClient();
  const rescue = useQuery(rescueQueries.detail(rescueId));
  const messages = useQuery(rescueQueries.messages(rescueId));
  const openChat = useLive((state) => state.openChat);
  const [entered, setEntered] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const { drafts, write, retry } = useOutbox(rescueId, async ({ text: written, key }: Draft) => {
    const sent = await sendMessage(rescueId, written, key);
    queryClient.setQueryData<Message[]>(rescueQueries.messages(rescueId).queryKey, (before = []) => (before.some(({ id }) => id === sent.id) ? before : [...before, sent]));
  });

  useEffect(() => {
    openChat(rescueId);
    return () => openChat(null);
  }, [openChat, rescueId]);

  const count = (messages.data?.length ?? 0) + drafts.length;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" }); // a promise in newer browsers, which an effect must not return
  }, [count]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const written = entered.trim();
    if (!written) return;
    setEntered("");
    write(written);
  };

  const driver = rescue.data?.driver?.name.split(" ")[0];
  const closed = rescue.data !== undefined && FINAL.has(rescue.data.status) && rescue.data.status !== "completed";
  return (
    <Screen
      title={driver ? text("titleDriver", { driver }) : text("title")}
      back={{ to: "/rescues/$rescueId", params: { rescueId } }}
      footer={
        <form onSubmit={submit} className="flex items-end gap-2">
          <label className="min-w-0 flex-1">
            <span className="sr-only">{text("field")}</span>
            <textarea
              rows={1}
              value={entered}
              maxLength={MAX_LETTERS}
              disabled={closed}
              placeholder={closed ? text("closed") : text("placeholder")}
              onChange={(event) => setEntered(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
              }}
              className="block max-h-32 min-h-12 w-full resize-none rounded-2xl border border-(--border-strong) bg-(--background) px-4 py-3 field-sizing-content"
            />
          </label>
          <IconButton type="submit" label={text("send")} disabled={closed} icon={<SendHorizontal aria-hidden="true" className="size-5" />} className="size-12 bg-(--accent) text-(--on-accent) hover:bg-(--accent-hover)" />
        </form>
      }
    >
      <Loaded query={messages}>{(items) => <MessageList messages={items} drafts={drafts} onRetry={retry} />}</Loaded>
      <div ref={end} />
    </Screen>
  );
}

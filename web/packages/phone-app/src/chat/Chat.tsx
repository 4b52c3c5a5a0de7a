import { IconButton } from "@supportcarr/ui/IconButton";
import { useQueue } from "@supportcarr/pwa/queue";
import { useToast } from "@supportcarr/ui/toasts";
import type { LinkProps } from "@tanstack/react-router";
import { SendHorizontal } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";

import type { Message } from "../api/types.ts";
import { Loaded, type LoadedQuery } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { useProblemText } from "../useProblemText.ts";
import { chatOf, messageAction } from "./chatActions.ts";
import { MessageList } from "./MessageList.tsx";

const MAX_LETTERS = 1_000;

interface ChatProps {
  rescueId: string;
  title: string;
  back: LinkProps;
  messages: LoadedQuery<Message[]>;
  /** Nothing can be written any more. */
  closed: boolean;
}

/** What rider and driver write to each other. */
export function Chat({ rescueId, title, back, messages, closed }: ChatProps) {
  const text = useTranslations("chat");
  const [entered, setEntered] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const { queue } = usePhoneApp();
  const toast = useToast();
  const sentence = useProblemText();
  const drafts = useQueue(queue).filter(({ subject }) => chatOf(subject) === rescueId);

  const count = (messages.data?.length ?? 0) + drafts.length;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" }); // a promise in newer browsers, which an effect must not return
  }, [count]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const written = entered.trim();
    if (!written) return;
    setEntered("");
    queue.enqueue(messageAction(rescueId, written)).catch((error: unknown) => {
      setEntered((since) => since || written); // the phone could not keep it
      toast({ tone: "danger", message: sentence(error) });
    });
  };

  return (
    <Screen
      title={title}
      back={back}
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
      <Loaded query={messages}>{(items) => <MessageList messages={items} drafts={drafts} />}</Loaded>
      {messages.data === undefined && drafts.length > 0 ? (
        <div className="mt-4">
          <MessageList messages={[]} drafts={drafts} />
        </div>
      ) : null}
      <div ref={end} />
    </Screen>
  );
}

import type { Action, NewAction } from "@supportcarr/pwa/actions";

import type { Message } from "../api/types.ts";

const SUBJECT = "chat:"; // a chat goes on while a step of the job waits for the person

/** Writes a message; its key makes a repeat the same message. */
export const messageAction = (rescueId: string, text: string): NewAction => ({
  subject: `${SUBJECT}${rescueId}`,
  kind: "message",
  url: `/rescues/${encodeURIComponent(rescueId)}/messages`,
  body: { text },
  happenedAt: new Date().toISOString(),
});

/** The text of a message that is not sent yet. */
export const textOf = ({ body }: { body: unknown }): string => (body as { text: string }).text;

/** The rescue whose chat an action is about; `null`: it is about something else. */
export const chatOf = (subject: string): string | null => (subject.startsWith(SUBJECT) ? subject.slice(SUBJECT.length) : null);

/** Whether a message to that rescue is being written to the platform: its event comes before or after its response. */
export const isWriting = (actions: readonly Pick<Action, "subject">[], rescueId: string): boolean => actions.some(({ subject }) => chatOf(subject) === rescueId);

/** The messages with one that was just sent, which a list that was loaded meanwhile may have. */
export const withMessage = (messages: readonly Message[] | undefined, sent: Message): Message[] => [...(messages ?? []).filter(({ id }) => id !== sent.id), sent];

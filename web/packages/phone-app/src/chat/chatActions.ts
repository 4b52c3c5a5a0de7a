import type { NewAction } from "@supportcarr/pwa/actions";

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

/** What the platform sends to a browser: the text of a notification and what it is about, nothing secret. */
export interface PushMessage {
  id: string;
  kind: string;
  title: string;
  body: string;
  rescue_id?: string;
  lang?: string;
}

/** The message in what was pushed; `null` if it is none. */
export function readPushMessage(text: string | undefined): PushMessage | null {
  try {
    const value = JSON.parse(text ?? "") as Partial<PushMessage> | null;
    const valid = [value?.id, value?.kind, value?.title, value?.body].every((field) => typeof field === "string");
    return valid ? (value as PushMessage) : null;
  } catch {
    return null;
  }
}

/** The path in the app of what a message is about. */
export function pathOf(app: "rider" | "driver", { rescue_id }: Pick<PushMessage, "rescue_id">): string {
  if (!rescue_id) return "inbox";
  return `${app === "rider" ? "rescues" : "job"}/${encodeURIComponent(rescue_id)}`;
}

/** What the platform sends to a browser: the text of a notification and what it is about, nothing secret. */
export interface PushMessage {
  id: string;
  kind: string;
  title: string;
  body: string;
  /** The path of the screen that it is about. */
  url?: string;
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

/** The path of what a message is about: the one it names, if that is below the app's scope. */
export function pathOf(app: "rider" | "driver", scope: string, { url, rescue_id }: Pick<PushMessage, "url" | "rescue_id">): string {
  const base = "https://app.invalid";
  if (typeof url === "string" && URL.canParse(url, base)) {
    const { origin, pathname } = new URL(url, base);
    if (origin === base && pathname.startsWith(scope)) return pathname;
  }
  if (!rescue_id) return `${scope}inbox`;
  return `${scope}${app === "rider" ? "rescues" : "job"}/${encodeURIComponent(rescue_id)}`;
}

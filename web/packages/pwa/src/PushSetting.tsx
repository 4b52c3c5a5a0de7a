import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { Button } from "@supportcarr/ui/Button";
import { useState } from "react";

import { messagesOf } from "./messages.ts";
import { usePush } from "./usePush.ts";

/** Notifications on this phone while the app is closed: what they are for, before the browser asks. */
export function PushSetting({ app }: { app: "rider" | "driver" }) {
  const { language } = useLanguage();
  const { state, subscribe, unsubscribe } = usePush();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  if (state === "unknown") return null;
  const text = messagesOf(language).push;

  async function change(work: () => Promise<void>) {
    setBusy(true);
    setFailed(false);
    await work().catch(() => setFailed(true));
    setBusy(false);
  }

  return (
    <section aria-labelledby="push-title">
      <h2 id="push-title" className="font-semibold">
        {text.title}
      </h2>
      <p className="mt-1 text-sm text-(--muted)">{state === "on" || state === "off" ? text.what[app] : text.states[state]}</p>
      <div role="status">
        {state === "on" && <p className="mt-2">{text.on}</p>}
        {failed && <p className="mt-2 text-(--danger-text)">{text.failed}</p>}
      </div>
      {state === "off" && (
        <Button className="mt-3" block busy={busy} onClick={() => void change(subscribe)}>
          {text.turnOn}
        </Button>
      )}
      {state === "on" && (
        <Button className="mt-3" variant="secondary" block busy={busy} onClick={() => void change(unsubscribe)}>
          {text.turnOff}
        </Button>
      )}
    </section>
  );
}

import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { Button } from "@supportcarr/ui/Button";
import { useState } from "react";

import { messagesOf } from "./messages.ts";
import { useUpdate } from "./register.ts";

/** Offers a new version of the app; only a press changes to it, because that loads the page again. */
export function UpdateNotice() {
  const { language } = useLanguage();
  const { waiting, apply } = useUpdate();
  const [later, setLater] = useState(false);
  if (!waiting || later) return null;
  const text = messagesOf(language);
  return (
    <div
      role="status"
      className="fixed inset-x-3 bottom-[calc(env(safe-area-inset-bottom)+5rem)] z-40 mx-auto flex max-w-md items-center gap-2 rounded-xl border border-(--border) bg-(--surface-raised) py-2 pr-2 pl-4 text-(--text) shadow-lg"
    >
      <p className="grow text-sm">{text.updateReady}</p>
      <Button variant="quiet" onClick={() => setLater(true)}>
        {text.later}
      </Button>
      <Button onClick={apply}>{text.update}</Button>
    </div>
  );
}

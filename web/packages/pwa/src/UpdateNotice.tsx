import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { Button } from "@supportcarr/ui/Button";
import { useState } from "react";

import { messagesOf } from "./messages.ts";
import { useUpdate } from "./register.ts";

/**
 * Offers a new version of the app; only a press changes to it, because that loads the page again.  It stands above the
 * screen and covers nothing of it.
 */
export function UpdateNotice() {
  const { language } = useLanguage();
  const { state, apply } = useUpdate();
  const [later, setLater] = useState<typeof state>("none"); // once another tab has changed to it, it is offered again
  if (state === later || state === "none") return null;
  const text = messagesOf(language);
  return (
    <div role="status" className="shrink-0 border-b border-(--border) bg-(--surface-raised) px-4 pt-[env(safe-area-inset-top)] text-(--text)">
      <div className="mx-auto flex max-w-xl flex-wrap items-center justify-end gap-x-2 py-1.5">
        <p className="min-w-40 flex-1 py-1.5 text-sm">{state === "taken" ? text.updateTaken : text.updateReady}</p>
        <Button variant="quiet" onClick={() => setLater(state)}>
          {text.later}
        </Button>
        <Button onClick={apply}>{text.update}</Button>
      </div>
    </div>
  );
}

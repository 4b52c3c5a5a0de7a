import { sharedStorage } from "@supportcarr/client/browserStorage";
import { useState } from "react";

const STORAGE_KEY = "supportcarr.admin.shortcuts";

/** Whether single keys act on the review; the browser remembers it. */
export function useShortcutsSwitch(): { enabled: boolean; toggle: () => void } {
  const [enabled, setEnabled] = useState(() => sharedStorage.getItem(STORAGE_KEY) !== "off");
  return {
    enabled,
    toggle: () => {
      sharedStorage.setItem(STORAGE_KEY, enabled ? "off" : "on");
      setEnabled(!enabled);
    },
  };
}

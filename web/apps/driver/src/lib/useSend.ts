import { useRef, useState } from "react";

import { useToast } from "@supportcarr/ui/toasts";
import { useProblemText } from "./useProblemText.ts";

interface SendOptions {
  /** Said once it is done. */
  done?: string;
  onDone?: () => unknown;
}

/** Sends something once at a time, and says whether that worked. */
export function useSend(): { busy: boolean; send: (action: () => Promise<unknown>, options?: SendOptions) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const toast = useToast();
  const sentence = useProblemText();
  async function send(action: () => Promise<unknown>, { done, onDone }: SendOptions = {}): Promise<boolean> {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    try {
      await action();
      await onDone?.();
      if (done) toast({ tone: "success", message: done });
      return true;
    } catch (error) {
      toast({ tone: "danger", message: sentence(error) });
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }
  return { busy, send };
}

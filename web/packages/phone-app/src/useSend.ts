import { useRef, useState } from "react";

import { useToast } from "@supportcarr/ui/toasts";
import { useProblemText } from "./useProblemText.ts";

interface SendOptions<Result> {
  /** Said once it is done. */
  done?: string;
  /** What follows, with what the action resolved to. */
  onDone?: (result: Result) => unknown;
}

/** Sends something once at a time, and says whether that worked. */
export function useSend(): { busy: boolean; send: <Result>(action: () => Promise<Result>, options?: SendOptions<Result>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const toast = useToast();
  const sentence = useProblemText();
  async function send<Result>(action: () => Promise<Result>, { done, onDone }: SendOptions<Result> = {}): Promise<boolean> {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    try {
      const result = await action();
      await onDone?.(result);
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

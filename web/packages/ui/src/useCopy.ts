import { type RefObject, useRef, useState } from "react";

/** `selected`: the browser lets no page copy (it is not served securely, or the person forbade it), so the person does. */
export type CopyOutcome = "copied" | "selected";

/** Copies as pages did before there was a clipboard for them; whether the browser has taken it. */
function copySelection(value: string): boolean {
  const put = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", value);
    event.preventDefault();
  };
  document.addEventListener("copy", put);
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way on a page that is not served securely
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    document.removeEventListener("copy", put);
  }
}

/** Copies `value`; where no page may, what shows it (`shown`) is selected for the person to copy. */
export function useCopy<Shown extends HTMLElement>(value: string): { shown: RefObject<Shown>; outcome: CopyOutcome | null; copy: () => Promise<void> } {
  const shown = useRef<Shown>(null);
  const [outcome, setOutcome] = useState<CopyOutcome | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setOutcome("copied");
    } catch {
      if (shown.current) document.getSelection()?.selectAllChildren(shown.current);
      const copied = copySelection(value);
      if (copied) document.getSelection()?.removeAllRanges();
      setOutcome(copied ? "copied" : "selected");
    }
  };
  return { shown, outcome, copy };
}

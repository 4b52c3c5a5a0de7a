import { useLayoutEffect, useRef } from "react";

/** What each key does, by `KeyboardEvent.key` in lower case. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Whether a key belongs to what has the focus: a field that is typed into, or a dialog. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=dialog]") !== null;
}

/**
 * Single keys that act on the page as a whole, while `enabled`.  WCAG 2.1.4 asks that a person can switch them off: they
 * get in the way of speech input.  A key acts on what is drawn: an effect that runs later would leave it to what was
 * there before.
 */
export function useShortcuts(shortcuts: Shortcuts, enabled: boolean): void {
  const current = useRef(shortcuts);
  useLayoutEffect(() => {
    current.current = shortcuts;
  });
  useLayoutEffect(() => {
    if (!enabled) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const action = current.current[event.key.toLowerCase()];
      if (!action || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      if (document.querySelector("[role=dialog]")) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [enabled]);
}

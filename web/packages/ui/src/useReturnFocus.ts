import { useState } from "react";

const focused = (): HTMLElement | null => (document.activeElement instanceof HTMLElement && document.activeElement !== document.body ? document.activeElement : null);

/**
 * For `onCloseAutoFocus` of a dialog that is open while it is mounted: what had the focus before gets it back, or the
 * title of the page if that is gone.  The library knows only buttons that are its own, and otherwise leaves whoever uses
 * a keyboard or a screen reader at the top of the page.
 */
export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(focused);
  return (event) => {
    event.preventDefault();
    if (focused()) return; // a page or a dialog that has come since
    before?.focus();
    if (focused()) return;
    const title = document.querySelector("h1");
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  };
}

import { useEffect, useState } from "react";

const SETTLED_MS = 150; // by then the new page has moved the focus, if it does

/**
 * Tells a screen reader which page is open, where the focus does not: the bar at the foot keeps it, and a map has no
 * title that could take it.  Put it once into an app.
 */
export function PageAnnouncer() {
  const [title, setTitle] = useState("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = document.title;
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (document.title === last) return;
        last = document.title;
        setTitle(document.activeElement?.tagName === "H1" ? "" : last); // a title with the focus is read anyway
      }, SETTLED_MS);
    });
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, []);
  return (
    <p role="status" className="sr-only">
      {title}
    </p>
  );
}

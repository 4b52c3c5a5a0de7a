import { useEffect } from "react";

import { texts } from "./texts.ts";

/** Puts what the page shows into the title of the browser tab, while the component is mounted. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${texts.product}`;
    return () => {
      document.title = texts.page.title;
    };
  }, [title]);
}

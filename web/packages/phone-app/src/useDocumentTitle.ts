import { useEffect } from "react";

const PRODUCT = "SupportCarr";

/** Names the page in the tab of the browser. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
  }, [title]);
}

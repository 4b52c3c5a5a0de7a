import type { ReactNode } from "react";

import { texts } from "../lib/texts.ts";
import { useDocumentTitle } from "../lib/useDocumentTitle.ts";

interface EntryPageProps {
  title: string;
  about?: string;
  children: ReactNode;
  /** Links to the other ways in. */
  links?: ReactNode;
}

/** A page for people who have no session yet: one card, and links below it. */
export function EntryPage({ title, about, children, links }: EntryPageProps) {
  useDocumentTitle(`${title} · ${texts.product}`);
  return (
    <div className="mx-auto max-w-md">
      <h1 className="text-3xl font-bold">{title}</h1>
      {about ? <p className="mt-1 text-(--muted)">{about}</p> : null}
      <div className="mt-6 rounded-2xl border border-(--border) bg-(--surface) p-5 sm:p-6">{children}</div>
      {links ? <div className="mt-5 flex flex-wrap gap-x-6 gap-y-2 text-sm text-(--muted)">{links}</div> : null}
    </div>
  );
}

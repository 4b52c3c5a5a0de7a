import type { ReactNode } from "react";

import { texts } from "../lib/texts.ts";
import { useDocumentTitle } from "../lib/useDocumentTitle.ts";

/** A page of a person with a session: its title, and cards below each other. */
export function Page({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · ${texts.product}`);
  return (
    <div className="space-y-5">
      <div>
        <h1 className="text-3xl font-bold wrap-break-word">{title}</h1>
        {about ? <div className="mt-1 flex flex-wrap items-center gap-2 text-(--muted)">{about}</div> : null}
      </div>
      {children}
    </div>
  );
}

import type { ReactNode } from "react";

import { useDocumentTitle } from "../lib/useDocumentTitle.ts";

/** A page of the office layout: its title, what it is for, and its content. */
export function OfficePage({ title, about, children }: { title: string; about?: string; children?: ReactNode }) {
  useDocumentTitle(title);
  return (
    <>
      <h1 className={`text-2xl font-bold wrap-break-word ${about ? "" : "mb-5"}`}>{title}</h1>
      {about ? <p className="mt-1 mb-5 max-w-prose text-sm wrap-break-word text-(--muted)">{about}</p> : null}
      {children}
    </>
  );
}

import type { ReactNode } from "react";

/** A titled region of a page; `aside` sits at the right of the title. */
export function Panel({ title, aside, children, className = "" }: { title: string; aside?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section aria-label={title} className={`flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--line) bg-(--panel) ${className}`}>
      <header className="flex items-center justify-between gap-2 border-b border-(--line) px-4 py-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </section>
  );
}

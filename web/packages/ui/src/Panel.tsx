import type { ReactNode } from "react";

/** A titled region with its own scrollbar; `actions` are shown at the right of the title. */
export function Panel({ title, actions, children, className = "" }: { title: string; actions?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section aria-label={title} className={`flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--border) bg-(--surface) ${className}`}>
      <header className="flex items-center justify-between gap-2 border-b border-(--border) px-4 py-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {actions}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </section>
  );
}

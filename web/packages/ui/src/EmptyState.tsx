import type { ReactNode } from "react";

/** In place of a list that has nothing: why, and what to do about it. */
export function EmptyState({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="rounded-2xl border border-dashed border-(--border-strong) px-6 py-10 text-center">
      {icon ? (
        <span aria-hidden="true" className="mx-auto mb-4 grid size-14 place-items-center rounded-full bg-(--selected) text-(--accent-text) [&_svg]:size-6">
          {icon}
        </span>
      ) : null}
      <p className="font-semibold">{title}</p>
      {children ? <p className="mx-auto mt-1 max-w-prose text-sm text-balance text-(--muted)">{children}</p> : null}
      {action ? <div className="mt-5">{action}</div> : null}
    </div>
  );
}

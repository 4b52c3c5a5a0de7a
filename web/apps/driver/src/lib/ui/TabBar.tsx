import type { ReactNode } from "react";

export interface TabBarItem {
  to: string;
  label: string;
  icon: ReactNode;
  badge?: number;
}

export function TabBar({ label, items, renderLink }: { label: string; items: readonly TabBarItem[]; renderLink: (item: TabBarItem, className: string, children: ReactNode) => ReactNode }) {
  return (
    <nav aria-label={label} className="flex border-t border-(--border) bg-(--surface) pb-[env(safe-area-inset-bottom)]">
      {items.map((item) =>
        renderLink(
          item,
          "relative flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs text-(--muted) aria-[current=page]:font-medium aria-[current=page]:text-(--text)",
          <>
            {item.icon}
            <span>{item.label}</span>
            {item.badge ? <span className="absolute top-1 left-1/2 ml-2 min-w-5 rounded-full bg-rose-700 px-1 text-center text-[0.6875rem] leading-5 text-white">{item.badge}</span> : null}
          </>,
        ),
      )}
    </nav>
  );
}

import type { ReactNode } from "react";

export interface TabBarItem {
  to: string;
  label: string;
  icon: ReactNode;
  /** How many are new. */
  badge?: number;
}

interface TabBarProps {
  label: string;
  items: readonly TabBarItem[];
  /** Makes the router's own link; it sets `aria-current="page"` on the page that is open. */
  renderLink: (item: TabBarItem, className: string, children: ReactNode) => ReactNode;
}

/** The pages of a phone app, at the bottom of the screen. */
export function TabBar({ label, items, renderLink }: TabBarProps) {
  return (
    <nav aria-label={label} className="flex shrink-0 border-t max-[16rem]:flex-wrap border-(--border) bg-(--surface) pb-[env(safe-area-inset-bottom)]">
      {items.map((item) =>
        renderLink(
          item,
          "group relative flex min-h-15 flex-1 flex-col items-center justify-center gap-0.5 text-xs max-[16rem]:min-h-11 max-[16rem]:basis-1/2 max-[16rem]:flex-row text-(--muted) -outline-offset-4 aria-[current=page]:font-semibold aria-[current=page]:text-(--text)",
          <>
            <span className="flex h-7 w-14 items-center max-[16rem]:w-8 justify-center rounded-full transition-colors group-aria-[current=page]:bg-(--selected) group-aria-[current=page]:text-(--accent-text)">{item.icon}</span>
            <span>{item.label}</span>
            {item.badge ? (
              <span className="absolute top-1 left-1/2 ml-2 min-w-5 rounded-full bg-(--danger) px-1 text-center text-[0.6875rem] leading-5 font-semibold text-(--on-danger)">
                {item.badge > 99 ? "99+" : item.badge}
              </span>
            ) : null}
          </>,
        ),
      )}
    </nav>
  );
}

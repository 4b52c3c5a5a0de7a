import type { ReactNode } from "react";

export interface ScreenFrameProps {
  title: string;
  /** The way back, for example an IconButton or a link. */
  back?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
}

export function ScreenFrame({ title, back, actions, footer, children }: ScreenFrameProps) {
  return (
    <div className="mx-auto flex h-full w-full max-w-xl flex-col">
      <header className="flex min-h-14 items-center gap-1 px-2 pt-[env(safe-area-inset-top)]">
        {back}
        <h1 className={`min-w-0 flex-1 truncate text-lg font-semibold ${back ? "" : "pl-2"}`}>{title}</h1>
        {actions}
      </header>
      <main className="min-h-0 flex-1 overflow-y-auto px-4 pt-1 pb-6">{children}</main>
      {footer ? <footer className="border-t border-(--border) bg-(--surface) px-4 pt-3 pb-[calc(0.75rem+env(safe-area-inset-bottom))]">{footer}</footer> : null}
    </div>
  );
}

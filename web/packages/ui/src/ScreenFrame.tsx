import { type ReactNode, useEffect, useRef } from "react";

export interface ScreenFrameProps {
  title: string;
  /** The way back, for example an IconButton or a link. */
  back?: ReactNode;
  actions?: ReactNode;
  /** The main action, within reach of the thumb. */
  footer?: ReactNode;
  children: ReactNode;
}

const PRODUCT = "SupportCarr";

/**
 * A page of a phone: its title above, what scrolls, and the main action at the bottom.  After a change of page, which
 * leaves the focus nowhere, the title gets it: a screen reader begins there.
 */
export function ScreenFrame({ title, back, actions, footer, children }: ScreenFrameProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
  }, [title]);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  // A text without a control is scrolled by the arrow keys, once the focus is on it.
  useEffect(() => {
    if (main.current?.querySelector("a[href], button, input, select, textarea, summary, [tabindex]")) main.current.removeAttribute("tabindex");
    else main.current?.setAttribute("tabindex", "0");
  });
  return (
    <div className="mx-auto flex h-full w-full max-w-xl flex-col short:block short:overflow-y-auto">
      <header className="flex min-h-14 shrink-0 items-center gap-1 px-2 pt-[env(safe-area-inset-top)]">
        {back}
        <h1 ref={heading} tabIndex={-1} className={`min-w-0 flex-1 py-2 text-lg leading-tight font-bold wrap-break-word outline-none ${back ? "" : "pl-2"}`}>
          {title}
        </h1>
        {actions}
      </header>
      <main ref={main} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2 px-4 pt-1 pb-6 short:overflow-visible">{children}</main>
      {footer ? (
        <footer className="shrink-0 border-t border-(--border) bg-(--surface) px-4 pt-3 pb-[calc(0.75rem+env(safe-area-inset-bottom))]">{footer}</footer>
      ) : null}
    </div>
  );
}

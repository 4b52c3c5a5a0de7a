/** A key of the keyboard, as it is printed on it. */
export const Key = ({ children }: { children: string }) => (
  <kbd className="inline-grid min-w-5.5 place-items-center rounded border border-current/50 px-1 font-sans text-[11px] leading-5">{children}</kbd>
);

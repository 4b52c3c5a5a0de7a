import { type ButtonHTMLAttributes, forwardRef, type ReactNode } from "react";

const VARIANT_CLASSES = {
  primary: "bg-(--accent) font-semibold text-(--on-accent) hover:bg-(--accent-hover)",
  secondary: "border border-(--border-strong) bg-(--surface) font-medium text-(--text) hover:bg-(--hover)",
  danger: "bg-(--danger) font-semibold text-(--on-danger) hover:bg-(--danger-hover)",
  quiet: "font-medium text-(--accent-text) hover:bg-(--hover)",
  ghost: "rounded-md px-2.5 py-1.5 pointer-coarse:min-h-11 text-(--muted) hover:bg-(--hover) hover:text-(--text)",
} as const;

const SIZE_CLASSES = {
  md: "min-h-11 rounded-xl px-4 py-2",
  lg: "min-h-13 rounded-2xl px-5 py-3 text-base",
} as const;

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: keyof typeof VARIANT_CLASSES;
  size?: keyof typeof SIZE_CLASSES;
  /** As wide as what it stands in. */
  block?: boolean;
  /** Its action is running: it keeps the focus and ignores presses. */
  busy?: boolean;
  icon?: ReactNode;
}

/**
 * Use `primary` for the main action of a page, `danger` for one that cannot be undone, `quiet` for a small one beside
 * it, `ghost` in lists and headers.
 */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { variant = "primary", size = "md", block = false, busy = false, icon, className = "", children, onClick, ...rest },
  ref,
) {
  const shape = variant === "ghost" ? "" : SIZE_CLASSES[size];
  return (
    <button
      ref={ref}
      type="button"
      {...rest}
      {...(busy ? { "aria-disabled": true } : {})}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`${block ? "flex w-full" : "inline-flex max-w-full shrink-0"} items-center justify-center gap-2 text-balance max-[16rem]:hyphens-auto max-[16rem]:wrap-anywhere [&>svg]:shrink-0 transition-colors disabled:opacity-60 ${busy ? "opacity-70" : ""} ${shape} ${VARIANT_CLASSES[variant]} ${className}`}
    >
      {icon}
      {children}
    </button>
  );
});

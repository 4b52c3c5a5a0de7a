import { type ButtonHTMLAttributes, forwardRef } from "react";

const VARIANT_CLASSES = {
  primary: "rounded-lg bg-brand-700 px-4 py-2.5 font-medium text-white hover:bg-brand-800 disabled:opacity-60",
  secondary: "rounded-lg border border-(--border-strong) bg-(--surface) px-4 py-2.5 font-medium hover:bg-(--hover) disabled:opacity-60",
  danger: "rounded-lg bg-rose-700 px-4 py-2.5 font-medium text-white hover:bg-rose-800 disabled:opacity-60",
  ghost: "rounded-md px-2.5 py-1.5 text-(--muted) hover:bg-(--hover) hover:text-(--text)",
} as const;

/** Use `primary` for the main action of a page, `danger` for one that cannot be undone, `ghost` in lists and headers. */
export const Button = forwardRef<HTMLButtonElement, ButtonHTMLAttributes<HTMLButtonElement> & { variant?: keyof typeof VARIANT_CLASSES }>(function Button(
  { variant = "primary", className = "", ...rest },
  ref,
) {
  return <button ref={ref} type="button" {...rest} className={`whitespace-nowrap ${VARIANT_CLASSES[variant]} ${className}`} />;
});

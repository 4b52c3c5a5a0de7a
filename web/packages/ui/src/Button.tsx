import type { ButtonHTMLAttributes } from "react";

const LOOKS = {
  main: "rounded-lg bg-brand-700 px-4 py-2.5 font-medium text-white hover:bg-brand-800 disabled:opacity-60",
  quiet: "rounded-md px-2.5 py-1.5 text-(--quiet) hover:bg-(--hover) hover:text-(--ink)",
} as const;

/** `main` is the one thing to do on a page; `quiet` is anything beside it. */
export function Button({ look = "main", className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof LOOKS }) {
  return <button type="button" {...rest} className={`whitespace-nowrap ${LOOKS[look]} ${className}`} />;
}

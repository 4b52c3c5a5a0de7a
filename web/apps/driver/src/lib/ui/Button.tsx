import { type ButtonHTMLAttributes, forwardRef, type ReactNode } from "react";

const VARIANTS = {
  primary: "bg-brand-700 text-white hover:bg-brand-800",
  secondary: "border border-(--border-strong) bg-(--surface) hover:bg-(--hover)",
  quiet: "text-(--text) hover:bg-(--hover)",
  danger: "bg-rose-700 text-white hover:bg-rose-800",
} as const;

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: keyof typeof VARIANTS;
  size?: "md" | "lg";
  block?: boolean;
  busy?: boolean;
  icon?: ReactNode;
}

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button({ variant = "primary", size = "md", block = false, busy = false, icon, className = "", children, onClick, ...rest }, ref) {
  return (
    <button
      ref={ref}
      type="button"
      {...rest}
      aria-disabled={busy || rest["aria-disabled"]}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`inline-flex items-center justify-center gap-2 rounded-xl font-medium disabled:opacity-60 ${busy ? "opacity-70" : ""} ${size === "lg" ? "min-h-13 px-5 text-[1.0625rem]" : "min-h-11 px-4"} ${block ? "w-full" : ""} ${VARIANTS[variant]} ${className}`}
    >
      {icon}
      {children}
    </button>
  );
});

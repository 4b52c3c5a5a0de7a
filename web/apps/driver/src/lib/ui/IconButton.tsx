import { type ButtonHTMLAttributes, forwardRef, type ReactNode } from "react";

export const IconButton = forwardRef<HTMLButtonElement, Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> & { label: string; icon: ReactNode }>(function IconButton({ label, icon, className = "", ...rest }, ref) {
  return (
    <button ref={ref} type="button" {...rest} aria-label={label} className={`inline-flex size-11 shrink-0 items-center justify-center rounded-full hover:bg-(--hover) ${className}`}>
      {icon}
    </button>
  );
});

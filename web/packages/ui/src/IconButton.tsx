import { type ButtonHTMLAttributes, forwardRef, type ReactNode } from "react";

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  label: string;
  icon: ReactNode;
  /** On a map: a disc that stands out. */
  raised?: boolean;
}

/** A button that shows only an icon; `label` says what it does. */
export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton({ label, icon, raised = false, className = "", ...rest }, ref) {
  const ground = raised ? "border border-(--border) bg-(--surface-raised) shadow-(--shadow)" : "";
  return (
    <button
      ref={ref}
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={`inline-flex size-11 shrink-0 items-center justify-center rounded-full transition-colors hover:bg-(--hover) ${ground} ${className}`}
    >
      {icon}
    </button>
  );
});

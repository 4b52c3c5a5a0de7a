import type { ReactNode } from "react";

interface ChipProps {
  icon?: ReactNode;
  /** Whether it is chosen; without it the chip is only read. */
  pressed?: boolean;
  onPress?: () => void;
  children: ReactNode;
}

/** A short fact, or a choice that is switched on and off. */
export function Chip({ icon, pressed, onPress, children }: ChipProps) {
  const look = pressed ? "border-(--accent) bg-(--selected) font-semibold text-(--accent-text)" : "border-(--border-strong)/60 bg-(--surface)";
  const className = `inline-flex min-h-9 items-center gap-1.5 rounded-full border px-3 text-sm ${look}`;
  if (!onPress) return <span className={className}>{icon}{children}</span>;
  return (
    <button type="button" aria-pressed={pressed ?? false} onClick={onPress} className={`${className} min-h-11! px-4 transition-colors hover:bg-(--hover)`}>
      {icon}
      {children}
    </button>
  );
}

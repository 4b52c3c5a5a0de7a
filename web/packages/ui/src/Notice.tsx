import type { ReactNode } from "react";

const TONE_CLASSES = {
  danger: "bg-rose-100 text-rose-900 dark:bg-rose-400/15 dark:text-rose-200",
  warning: "bg-amber-100 text-amber-900 dark:bg-amber-400/15 dark:text-amber-200",
  success: "bg-emerald-100 text-emerald-900 dark:bg-emerald-400/15 dark:text-emerald-200",
  info: "bg-sky-100 text-sky-900 dark:bg-sky-400/15 dark:text-sky-200",
} as const;

/** A message above what it concerns.  `danger` interrupts a screen reader, the others wait for a pause. */
export function Notice({ tone, children, className = "" }: { tone: keyof typeof TONE_CLASSES; children: ReactNode; className?: string }) {
  return (
    <div role={tone === "danger" ? "alert" : "status"} className={`rounded-lg px-3 py-2 text-sm ${TONE_CLASSES[tone]} ${className}`}>
      {children}
    </div>
  );
}

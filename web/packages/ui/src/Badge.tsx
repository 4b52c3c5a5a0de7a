import type { ReactNode } from "react";

const TONES = {
  wait: "bg-amber-100 text-amber-900 dark:bg-amber-400/15 dark:text-amber-200",
  move: "bg-sky-100 text-sky-900 dark:bg-sky-400/15 dark:text-sky-200",
  good: "bg-emerald-100 text-emerald-900 dark:bg-emerald-400/15 dark:text-emerald-200",
  bad: "bg-rose-100 text-rose-900 dark:bg-rose-400/15 dark:text-rose-200",
  quiet: "bg-slate-200 text-slate-800 dark:bg-slate-400/15 dark:text-slate-200",
} as const;

export function Badge({ tone, children }: { tone: keyof typeof TONES; children: ReactNode }) {
  return <span className={`inline-flex items-center rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}>{children}</span>;
}

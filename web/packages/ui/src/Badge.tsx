import type { ReactNode } from "react";

const TONE_CLASSES = {
  warning: "bg-amber-100 text-amber-900 dark:bg-amber-400/15 dark:text-amber-200",
  info: "bg-sky-100 text-sky-900 dark:bg-sky-400/15 dark:text-sky-200",
  success: "bg-emerald-100 text-emerald-900 dark:bg-emerald-400/15 dark:text-emerald-200",
  danger: "bg-rose-100 text-rose-900 dark:bg-rose-400/15 dark:text-rose-200",
  neutral: "bg-slate-200 text-slate-800 dark:bg-slate-400/15 dark:text-slate-200",
} as const;

export type Tone = keyof typeof TONE_CLASSES;

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`inline-flex items-center rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONE_CLASSES[tone]}`}>{children}</span>;
}

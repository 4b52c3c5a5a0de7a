import type { ReactNode } from "react";

const TONE_CLASSES = {
  warning: "bg-(--warning-soft) text-(--warning-text)",
  info: "bg-(--info-soft) text-(--info-text)",
  success: "bg-(--success-soft) text-(--success-text)",
  danger: "bg-(--danger-soft) text-(--danger-text)",
  neutral: "bg-(--hover) text-(--text) ring-1 ring-(--border) ring-inset",
} as const;

export type Tone = keyof typeof TONE_CLASSES;

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`inline-flex items-center rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONE_CLASSES[tone]}`}>{children}</span>;
}

import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const TONES = {
  danger: { look: "bg-(--danger-soft) text-(--danger-text)", Icon: CircleAlert },
  warning: { look: "bg-(--warning-soft) text-(--warning-text)", Icon: TriangleAlert },
  success: { look: "bg-(--success-soft) text-(--success-text)", Icon: CircleCheck },
  info: { look: "bg-(--info-soft) text-(--info-text)", Icon: Info },
} as const;

/** A message above what it concerns.  `danger` interrupts a screen reader, the others wait for a pause. */
export function Notice({ tone, children, className = "" }: { tone: keyof typeof TONES; children: ReactNode; className?: string }) {
  const { look, Icon } = TONES[tone];
  return (
    <div role={tone === "danger" ? "alert" : "status"} className={`flex items-start gap-2.5 rounded-card px-3.5 py-2.5 text-sm ${look} ${className}`}>
      <Icon className="mt-[0.15em] size-[1.2em] shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1 wrap-break-word">{children}</div>
    </div>
  );
}

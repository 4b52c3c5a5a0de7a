import type { ReactNode } from "react";

export interface TimelineStep {
  key: string;
  title: ReactNode;
  /** When it happened, or when it is expected. */
  detail?: ReactNode;
  state: "done" | "current" | "ahead";
}

/** What has happened, what is happening, and what comes. */
export function Timeline({ label, steps }: { label: string; steps: readonly TimelineStep[] }) {
  return (
    <ol aria-label={label} className="relative">
      {steps.map(({ key, title, detail, state }, index) => (
        <li key={key} aria-current={state === "current" ? "step" : undefined} className="relative flex gap-3.5 pb-4 last:pb-0">
          {index < steps.length - 1 ? <span aria-hidden="true" className={`absolute top-4 bottom-0 left-[0.4375rem] w-0.5 ${state === "done" ? "bg-(--accent)" : "bg-(--border)"}`} /> : null}
          <span
            aria-hidden="true"
            className={`relative mt-1 size-4 shrink-0 rounded-full border-2 ${state === "ahead" ? "border-(--border-strong) bg-(--surface)" : state === "done" ? "border-(--accent) bg-(--accent)" : "pulse-ring border-(--signal) bg-(--signal)"}`}
          />
          <span className="min-w-0">
            <span className={`block ${state === "current" ? "font-semibold" : state === "ahead" ? "text-(--muted)" : ""}`}>{title}</span>
            {detail ? <span className="block text-sm text-(--muted)">{detail}</span> : null}
          </span>
        </li>
      ))}
    </ol>
  );
}

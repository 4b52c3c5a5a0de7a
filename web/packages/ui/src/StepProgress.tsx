import { useUiTexts } from "./texts/useUiTexts.ts";

/** How far one is in a row of pages: `current` counts from 1. */
export function StepProgress({ steps, current, label }: { steps: number; current: number; label?: string }) {
  const { stepOf } = useUiTexts();
  return (
    <div role="img" aria-label={label ?? stepOf(current, steps)} className="flex gap-1.5">
      {Array.from({ length: steps }, (_, step) => (
        <span key={step} className={`h-1.5 flex-1 rounded-full ${step < current ? "bg-(--accent)" : "bg-(--border)"}`} />
      ))}
    </div>
  );
}

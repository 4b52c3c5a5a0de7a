export function StepProgress({ steps, current, label }: { steps: number; current: number; label: string }) {
  return (
    <div role="img" aria-label={label} className="flex gap-1.5">
      {Array.from({ length: steps }, (_, step) => (
        <span key={step} className={`h-1.5 flex-1 rounded-full ${step < current ? "bg-brand-700 dark:bg-brand-500" : "bg-(--border)"}`} />
      ))}
    </div>
  );
}

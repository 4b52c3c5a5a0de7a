/** Grey blocks where content will be, while it loads; `label` is read by screen readers. */
export function Skeleton({ label, lines = 3, className = "" }: { label: string; lines?: number; className?: string }) {
  return (
    <div role="status" className={`space-y-3 ${className}`}>
      <span className="sr-only">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} aria-hidden="true" className={`h-14 animate-pulse rounded-xl bg-(--border) ${line === lines - 1 ? "w-2/3" : ""}`} />
      ))}
    </div>
  );
}

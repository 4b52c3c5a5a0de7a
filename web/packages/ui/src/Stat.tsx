/** A figure with its label.  `alert` highlights it and is the text alternative of the warning sign. */
export function Stat({ label, value, alert }: { label: string; value: string | number; alert?: string | undefined }) {
  return (
    <div className="flex min-w-18 flex-col">
      <dt className="text-[11px] font-medium whitespace-nowrap text-(--muted)">{label}</dt>
      <dd
        data-stat={label}
        className={`flex items-center gap-1 text-lg leading-6 font-semibold whitespace-nowrap tabular-nums ${alert ? "text-(--warning-text)" : ""}`}
      >
        {value}
        {alert ? (
          <svg viewBox="0 0 16 16" className="size-3.5 shrink-0" role="img" aria-label={alert}>
            <path d="M8 2 15 14H1Z" fill="currentColor" />
          </svg>
        ) : null}
      </dd>
    </div>
  );
}

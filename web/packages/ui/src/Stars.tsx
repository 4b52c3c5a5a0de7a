/** One to five stars; `label` says it for screen readers. */
export function Stars({ stars, label }: { stars: number; label: string }) {
  return (
    <span role="img" aria-label={label} className="inline-flex gap-0.5">
      {[1, 2, 3, 4, 5].map((place) => (
        <svg key={place} viewBox="0 0 16 16" className={`size-4 ${place <= Math.round(stars) ? "text-(--signal-line)" : "text-(--border-strong) opacity-50"}`} aria-hidden="true">
          <path d="m8 1.5 2 4.2 4.6.6-3.4 3.2.9 4.6L8 11.8l-4.1 2.3.9-4.6L1.4 6.3 6 5.7Z" fill="currentColor" />
        </svg>
      ))}
    </span>
  );
}

interface StarRowProps {
  value: number;
  onChange: (stars: number) => void;
  label: string;
  nameOf: (stars: number) => string;
}

/** One to five stars to tap. */
export function StarRow({ value, onChange, label, nameOf }: StarRowProps) {
  return (
    <fieldset>
      <legend className="sr-only">{label}</legend>
      <div className="my-2 flex justify-center gap-1">
        {[1, 2, 3, 4, 5].map((stars) => (
          <label key={stars} className="cursor-pointer rounded-full p-1.5 has-focus-visible:outline-2 has-focus-visible:outline-brand-500">
            <input type="radio" name="stars" value={stars} checked={value === stars} onChange={() => onChange(stars)} className="sr-only" aria-label={nameOf(stars)} />
            <svg viewBox="0 0 16 16" className={`size-10 ${stars <= value ? "text-amber-600 dark:text-amber-300" : "text-(--border-strong) opacity-50"}`} aria-hidden="true">
              <path d="m8 1.5 2 4.2 4.6.6-3.4 3.2.9 4.6L8 11.8l-4.1 2.3.9-4.6L1.4 6.3 6 5.7Z" fill="currentColor" />
            </svg>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

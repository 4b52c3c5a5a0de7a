import { useId } from "react";

import { useUiTexts } from "./texts/useUiTexts.ts";

interface StarInputProps {
  /** 0: none chosen yet. */
  value: number;
  onChange: (stars: number) => void;
  label: string;
  nameOf?: (stars: number) => string;
}

/** One to five stars, chosen by a press or by the arrow keys. */
export function StarInput({ value, onChange, label, nameOf }: StarInputProps) {
  const { stars: defaultName } = useUiTexts();
  const name = useId();
  return (
    <fieldset>
      <legend className="sr-only">{label}</legend>
      <div className="flex flex-wrap justify-center gap-1">
        {[1, 2, 3, 4, 5].map((stars) => (
          <label key={stars} className="cursor-pointer rounded-full p-1.5 has-focus-visible:outline-2 has-focus-visible:outline-(--accent)">
            <input type="radio" name={name} value={stars} checked={value === stars} onChange={() => onChange(stars)} className="sr-only" aria-label={(nameOf ?? defaultName)(stars)} />
            <svg viewBox="0 0 16 16" className={`size-9 transition-transform ${stars <= value ? "scale-105 text-(--signal-line)" : "text-(--border-strong) opacity-45"}`} aria-hidden="true">
              <path d="m8 1.5 2 4.2 4.6.6-3.4 3.2.9 4.6L8 11.8l-4.1 2.3.9-4.6L1.4 6.3 6 5.7Z" fill="currentColor" />
            </svg>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

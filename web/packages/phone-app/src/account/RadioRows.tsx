interface RadioRowsProps {
  legend: string;
  name: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** One of several, each a row. */
export function RadioRows({ legend, name, value, options, onChange }: RadioRowsProps) {
  return (
    <fieldset>
      <legend className="font-semibold">{legend}</legend>
      <div className="mt-2 space-y-2">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex min-h-13 items-center gap-3 rounded-xl border border-(--border) bg-(--surface) px-4 has-checked:border-(--accent) has-checked:bg-(--selected) has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--accent)"
          >
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} className="size-5 accent-(--accent)" />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

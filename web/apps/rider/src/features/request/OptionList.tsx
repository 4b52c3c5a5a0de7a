import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

export interface Option {
  value: string;
  icon: ReactNode;
  label: string;
  about?: ReactNode;
  chosen?: boolean;
}

/** Large answers of which one is tapped; tapping it goes on. */
export function OptionList({ label, options, onChoose }: { label: string; options: readonly Option[]; onChoose: (value: string) => void }) {
  return (
    <ul aria-label={label} className="space-y-2.5">
      {options.map(({ value, icon, label: name, about, chosen = false }) => (
        <li key={value}>
          <button
            type="button"
            aria-pressed={chosen}
            onClick={() => onChoose(value)}
            className={`flex min-h-16 w-full items-center gap-3.5 rounded-2xl border px-3 py-2.5 text-left ${chosen ? "border-(--accent) bg-(--selected)" : "border-(--border) bg-(--surface) hover:bg-(--hover)"}`}
          >
            <span aria-hidden="true" className={`grid size-12 shrink-0 place-items-center overflow-hidden rounded-xl text-(--accent-text) ${chosen ? "bg-(--surface)" : "bg-(--selected)"}`}>
              {icon}
            </span>
            <span className="min-w-0 flex-1">
              <span className="block text-base font-medium wrap-anywhere">{name}</span>
              {about ? <span className="block text-sm text-(--muted) wrap-anywhere">{about}</span> : null}
            </span>
            <ChevronRight aria-hidden="true" className="size-5 shrink-0 text-(--muted)" />
          </button>
        </li>
      ))}
    </ul>
  );
}

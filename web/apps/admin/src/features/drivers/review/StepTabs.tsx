import type { ReviewDocument } from "../../../lib/api/types.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { inOrder, isRenewal } from "./reviewSteps.ts";

const text = texts.review;

const MARKS: Record<string, { sign: string; className: string }> = {
  approved: { sign: "✓", className: "text-(--success-text)" },
  rejected: { sign: "✕", className: "text-(--danger-text)" },
  expired: { sign: "!", className: "text-(--warning-text)" },
};

interface StepTabsProps {
  documents: readonly ReviewDocument[];
  /** The id of a document, or `driver`. */
  current: string;
  onSelect: (key: string) => void;
}

/** The documents of an application and the decision about the driver, each with how far it is. */
export function StepTabs({ documents, current, onSelect }: StepTabsProps) {
  const steps = [
    ...inOrder(documents).map((document) => ({
      key: document.id,
      label: isRenewal(documents, document) ? text.renewed(describeCode(document.kind)) : describeCode(document.kind),
      state: document.state,
    })),
    { key: "driver", label: text.decision, state: "none" },
  ];
  return (
    <ol aria-label={text.steps} className="flex flex-wrap gap-2">
      {steps.map(({ key, label, state }) => (
        <li key={key}>
          <button
            type="button"
            aria-current={key === current ? "step" : undefined}
            onClick={() => onSelect(key)}
            className="flex items-center gap-1.5 rounded-full border border-(--border-strong) bg-(--surface) px-3 py-1.5 text-sm hover:bg-(--hover) aria-[current]:border-(--accent) aria-[current]:bg-(--selected) aria-[current]:font-medium"
          >
            {MARKS[state] ? (
              <span role="img" aria-label={text.documentStates[state] ?? state} className={`font-semibold ${MARKS[state].className}`}>
                {MARKS[state].sign}
              </span>
            ) : null}
            {label}
          </button>
        </li>
      ))}
    </ol>
  );
}

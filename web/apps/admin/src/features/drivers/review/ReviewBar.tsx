import { Button } from "@supportcarr/ui/Button";
import { Key } from "@supportcarr/ui/Key";

import { texts } from "../../../lib/texts.ts";

const text = texts.review;

/** One button of the bar; its key is shown where there is a keyboard. */
export interface ReviewAction {
  key: string;
  label: string;
  /** What it is about, for screen readers. */
  about?: string;
  run: () => void;
  variant?: "primary" | "secondary" | "ghost";
}

interface ReviewBarProps {
  /** The decisions. */
  actions: readonly ReviewAction[];
  /** To the applications before and after. */
  around: readonly ReviewAction[];
  busy: boolean;
  shortcuts: boolean;
}

/** The decisions, each with its key, always in sight. */
export function ReviewBar({ actions, around, busy, shortcuts }: ReviewBarProps) {
  const button = ({ key, label, about, run, variant = "secondary" }: ReviewAction) => (
    <Button
      key={key}
      variant={variant}
      aria-disabled={busy}
      aria-keyshortcuts={shortcuts ? key : undefined}
      className={`flex items-center gap-2 px-3! text-sm max-sm:px-2! max-sm:text-[13px] ${variant === "ghost" ? "py-2.5!" : ""} ${busy ? "opacity-60" : ""}`}
      onClick={busy ? undefined : run}
    >
      <span>
        {label}
        {about ? <span className="sr-only"> {about}</span> : null}
      </span>
      {shortcuts ? (
        <span aria-hidden="true" className="hidden lg:inline">
          <Key>{key.toUpperCase()}</Key>
        </span>
      ) : null}
    </Button>
  );
  return (
    <div role="group" aria-label={text.actions} className="sticky bottom-0 z-10 -mx-1 flex flex-wrap items-center gap-2 max-sm:gap-1.5 border-t border-(--border) bg-(--background) px-1 py-3">
      {actions.map(button)}
      <span className="ml-auto flex gap-1">{around.map(button)}</span>
    </div>
  );
}

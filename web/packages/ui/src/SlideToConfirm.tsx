import { ChevronsRight } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from "react";

import { useUiTexts } from "./texts/useUiTexts.ts";

interface SlideToConfirmProps {
  label: string;
  onConfirm: () => void;
  busy?: boolean;
  /** What it looks like: the main action, or one that hurts. */
  tone?: "accent" | "signal" | "danger";
}

const HOLD_MS = 900;
const ENOUGH = 0.86; // of the way
const KNOB = 56; // px

const TONES = {
  accent: "bg-(--accent) text-(--on-accent)",
  signal: "bg-(--signal) text-(--on-signal)",
  danger: "bg-(--danger) text-(--on-danger)",
} as const;

/**
 * A deliberate gesture: the knob is dragged to the end, or the whole is held, by a finger or by Enter or Space, for
 * about a second.  A short press does nothing, so a phone in a pocket or a mount confirms nothing by accident.
 * Screen readers, whose double tap sends a click without a pointer, confirm by that.
 */
export function SlideToConfirm({ label, onConfirm, busy = false, tone = "accent" }: SlideToConfirmProps) {
  const text = useUiTexts().slide;
  const hintId = useId();
  const track = useRef<HTMLButtonElement>(null);
  const start = useRef<number | null>(null);
  const reached = useRef(0); // of the way; the last move may not be drawn yet when the finger is lifted
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(false);
  const [way, setWay] = useState(0); // 0 to 1
  const [holding, setHolding] = useState(false);

  useEffect(() => () => clearTimeout(timer.current), []);

  const letGo = () => {
    clearTimeout(timer.current);
    start.current = null;
    setWay(0);
    setHolding(false);
  };
  const confirm = () => {
    letGo();
    held.current = true; // the click that follows is no second one
    navigator.vibrate?.(30); // eslint-disable-line @typescript-eslint/no-unnecessary-condition -- not in every browser
    onConfirm();
  };
  const hold = () => {
    held.current = false;
    setHolding(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(confirm, HOLD_MS);
  };

  const onPointerDown = (event: PointerEvent<HTMLButtonElement>) => {
    if (busy) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = event.clientX;
    reached.current = 0;
    hold();
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current === null) return;
    const length = Math.max(1, (track.current?.clientWidth ?? 0) - KNOB);
    const done = Math.min(1, Math.max(0, (event.clientX - start.current) / length));
    if (done > 0.04) {
      clearTimeout(timer.current); // it is a drag
      setHolding(false);
    }
    reached.current = done;
    setWay(done);
  };
  const onPointerUp = () => {
    if (start.current === null) return;
    if (reached.current >= ENOUGH) confirm();
    else letGo();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault(); // no click of the button itself
    if (!event.repeat && !busy) hold();
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    letGo();
  };

  return (
    <div>
      <button
        ref={track}
        type="button"
        aria-describedby={hintId}
        aria-disabled={busy}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={letGo}
        onKeyDown={onKeyDown}
        onKeyUp={onKeyUp}
        onBlur={letGo}
        onContextMenu={(event) => event.preventDefault()}
        onClick={(event) => {
          // A pointer's own click has a position or follows a hold; that of a screen reader has neither.
          if (event.detail === 0 && !held.current && !busy) onConfirm();
          held.current = false;
        }}
        className={`relative flex min-h-16 w-full touch-none items-center justify-center overflow-hidden rounded-2xl px-16 py-2 text-base font-bold wrap-anywhere select-none ${TONES[tone]} ${busy ? "opacity-70" : ""}`}
      >
        <span aria-hidden="true" className={`absolute inset-0 origin-left bg-black/15 ${holding ? "scale-x-100 transition-transform duration-900 ease-linear" : "scale-x-0"}`} />
        <span
          aria-hidden="true"
          style={{ transform: `translateX(calc(${way} * (var(--track) - 3.75rem)))`, ["--track" as string]: `${track.current?.clientWidth ?? 0}px` }}
          className={`absolute left-1 flex h-14 w-13 items-center justify-center rounded-xl bg-white/25 ${way === 0 ? "transition-transform duration-200" : ""}`}
        >
          <ChevronsRight className="size-6" />
        </span>
        <span className="relative">{label}</span>
      </button>
      <p id={hintId} className="mt-1.5 text-center text-xs text-(--muted)">
        {text.hint}
      </p>
    </div>
  );
}

import { ChevronsRight } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";

interface SlideToConfirmProps {
  label: string;
  /** What a second press of the key does, read after the first. */
  again: string;
  onConfirm: () => void;
  busy?: boolean;
}

const KNOB = 64;
const ENOUGH = 0.85; // of the way
const AGAIN_MS = 4_000;

/** A deliberate gesture: the knob is slid to the end; with a keyboard or a screen reader the button is pressed twice. */
export function SlideToConfirm({ label, again, onConfirm, busy = false }: SlideToConfirmProps) {
  const track = useRef<HTMLDivElement>(null);
  const start = useRef<number | null>(null);
  const [way, setWay] = useState(0); // pixels
  const [armed, setArmed] = useState(false);
  const length = () => Math.max(1, (track.current?.clientWidth ?? 0) - KNOB - 8);

  useEffect(() => {
    if (!armed) return;
    const timer = setTimeout(() => setArmed(false), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [armed]);

  const begin = (event: PointerEvent<HTMLButtonElement>) => {
    if (busy) return;
    start.current = event.clientX - way;
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (start.current !== null) setWay(Math.min(length(), Math.max(0, event.clientX - start.current)));
  };
  const end = () => {
    if (start.current === null) return;
    start.current = null;
    if (way >= length() * ENOUGH) {
      setWay(length());
      onConfirm();
    } else setWay(0);
  };
  const press = () => {
    setArmed(!armed);
    if (armed) onConfirm();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (!event.repeat && !busy) press();
  };

  return (
    <div ref={track} className="relative h-18 w-full touch-none overflow-hidden rounded-full bg-brand-700 text-white select-none">
      <span aria-hidden="true" className="absolute inset-y-0 right-4 left-20 flex items-center justify-center text-center text-lg leading-tight font-semibold">
        {armed ? again : label}
      </span>
      <button
        type="button"
        aria-label={label}
        aria-disabled={busy}
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={end}
        onKeyDown={onKey}
        onClick={({ detail }) => {
          if (detail === 0 && !busy) press(); // a screen reader's press, which is no pointer
        }}
        style={{ transform: `translateX(${way}px)`, width: KNOB, height: KNOB }}
        className="absolute top-1 left-1 flex items-center justify-center rounded-full bg-white text-brand-800 focus-visible:outline-4 focus-visible:-outline-offset-4 focus-visible:outline-amber-500"
      >
        <ChevronsRight aria-hidden="true" className={`size-8 ${busy ? "animate-pulse" : ""}`} />
      </button>
      <span role="status" className="sr-only">
        {armed ? again : ""}
      </span>
    </div>
  );
}

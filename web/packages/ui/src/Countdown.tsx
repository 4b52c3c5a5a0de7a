import { useEffect, useState } from "react";

interface CountdownProps {
  /** When it is over, in milliseconds of the wall's clock. */
  endsAt: number;
  /** How long all of it is, in seconds. */
  total: number;
  /** What ends, for screen readers; it is said at the start, at 10 s and at 5 s. */
  label: (seconds: number) => string;
  className?: string;
}

const ANNOUNCED = new Set([5, 10]);
const RADIUS = 44;
const AROUND = 2 * Math.PI * RADIUS;

const secondsLeft = (endsAt: number): number => Math.max(0, Math.ceil((endsAt - Date.now()) / 1_000));

/** Seconds that run out, in a ring. */
export function Countdown({ endsAt, total, label, className = "size-28" }: CountdownProps) {
  const [left, setLeft] = useState(() => secondsLeft(endsAt));
  const [said, setSaid] = useState(() => secondsLeft(endsAt));

  useEffect(() => {
    const tick = () => {
      const seconds = secondsLeft(endsAt);
      setLeft(seconds);
      if (ANNOUNCED.has(seconds)) setSaid(seconds);
      if (seconds === 0) clearInterval(timer);
    };
    const timer = setInterval(tick, 250);
    tick();
    return () => clearInterval(timer);
  }, [endsAt]);

  const urgent = left <= 5;
  return (
    <div role="timer" className={`relative ${className}`}>
      <span className="sr-only" aria-live="polite">
        {label(said)}
      </span>
      <svg viewBox="0 0 100 100" className="size-full -rotate-90" aria-hidden="true">
        <circle cx="50" cy="50" r={RADIUS} fill="none" stroke="var(--border)" strokeWidth="8" />
        <circle
          cx="50"
          cy="50"
          r={RADIUS}
          fill="none"
          stroke={urgent ? "var(--danger)" : "var(--signal)"}
          strokeWidth="8"
          strokeLinecap="round"
          strokeDasharray={AROUND}
          strokeDashoffset={AROUND * (1 - Math.min(1, left / Math.max(1, total)))}
          className="transition-[stroke-dashoffset] duration-300 ease-linear"
        />
      </svg>
      <span aria-hidden="true" className="display absolute inset-0 flex items-center justify-center text-2xl font-bold tabular-nums">
        {left}
      </span>
    </div>
  );
}

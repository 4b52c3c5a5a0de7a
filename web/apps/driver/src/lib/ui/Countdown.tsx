import { useEffect, useState } from "react";

interface CountdownProps {
  /** When it is over, in ms of the device's clock. */
  endsAt: number;
  /** From when on it is full, in ms. */
  total: number;
  /** What it counts, for screen readers; said once. */
  label: string;
  /** What stands in the ring. */
  children?: React.ReactNode;
}

const RADIUS = 46;
const LENGTH = 2 * Math.PI * RADIUS;

/** A ring that empties until the time is over. */
export function Countdown({ endsAt, total, label, children }: CountdownProps) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, endsAt - now);
  const share = Math.min(1, left / Math.max(1, total));
  return (
    <div role="timer" aria-label={label} className="relative size-28 shrink-0">
      <svg viewBox="0 0 100 100" aria-hidden="true" className="size-full -rotate-90">
        <circle cx="50" cy="50" r={RADIUS} fill="none" strokeWidth="8" className="stroke-(--border)" />
        <circle cx="50" cy="50" r={RADIUS} fill="none" strokeWidth="8" strokeLinecap="round" strokeDasharray={LENGTH} strokeDashoffset={LENGTH * (1 - share)} className="stroke-amber-500" />
      </svg>
      <span className="absolute inset-0 flex items-center justify-center text-3xl font-semibold tabular-nums">{children ?? Math.ceil(left / 1_000)}</span>
    </div>
  );
}

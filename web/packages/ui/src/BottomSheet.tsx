import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";

import { useUiTexts } from "./texts/useUiTexts.ts";

export type Snap = "peek" | "half" | "full";

const ORDER: readonly Snap[] = ["peek", "half", "full"];
const HEIGHT: Record<Snap, number> = { peek: 0.24, half: 0.52, full: 0.92 }; // of the height of what it stands in

/** The height nearest to where a drag ended, or the next one in the direction of a flick. */
export function snapAfterDrag(share: number, velocity: number): Snap {
  const nearest = ORDER.reduce((best, snap) => (Math.abs(HEIGHT[snap] - share) < Math.abs(HEIGHT[best] - share) ? snap : best));
  if (Math.abs(velocity) < 0.4) return nearest;
  const up = velocity > 0;
  const beyond = ORDER.filter((snap) => (up ? HEIGHT[snap] > share : HEIGHT[snap] < share));
  return (up ? beyond[0] : beyond.at(-1)) ?? nearest;
}

interface BottomSheetProps {
  label: string;
  /** Its height; without `onSnap` it is as high as its content and cannot be dragged. */
  snap?: Snap;
  onSnap?: (snap: Snap) => void;
  /** When this changes, the top of the content has news: it is scrolled to. */
  news?: string;
  children: ReactNode;
}

/**
 * A sheet over the lower part of a map; what is behind stays usable.  Its handle is dragged, or moved by the arrow keys.
 */
export function BottomSheet({ label, snap = "half", onSnap, news, children }: BottomSheetProps) {
  const text = useUiTexts().sheet;
  const sheet = useRef<HTMLElement>(null);
  const drag = useRef<{ y: number; at: number; height: number } | null>(null);
  const content = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  useEffect(() => {
    if (content.current) content.current.scrollTop = 0;
  }, [news]);

  const within = () => sheet.current?.parentElement?.clientHeight ?? window.innerHeight;
  const step = (by: number) => onSnap?.(ORDER[Math.min(ORDER.length - 1, Math.max(0, ORDER.indexOf(snap) + by))] ?? snap);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    step(by);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { y: event.clientY, at: event.timeStamp, height: sheet.current?.clientHeight ?? 0 };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag.current) setDragged(Math.min(0.96, Math.max(0.12, (drag.current.height + drag.current.y - event.clientY) / within())));
  };
  const onPointerEnd = (event: PointerEvent) => {
    const start = drag.current;
    drag.current = null;
    setDragged(null);
    if (!start) return;
    const moved = start.y - event.clientY;
    if (Math.abs(moved) < 6) {
      onSnap?.(snap === "full" ? "half" : "full"); // a press
      return;
    }
    onSnap?.(snapAfterDrag((start.height + moved) / within(), moved / Math.max(1, event.timeStamp - start.at)));
  };

  // The browser or the system took the finger for something of its own: the sheet goes back to where it was.
  const onPointerCancel = () => {
    drag.current = null;
    setDragged(null);
  };

  const height = onSnap ? `${(dragged ?? HEIGHT[snap]) * 100}%` : undefined;
  return (
    <section
      ref={sheet}
      aria-label={label}
      style={height ? { height } : undefined}
      className={`absolute inset-x-0 bottom-0 z-10 mx-auto flex max-w-xl flex-col rounded-t-(--radius-sheet) border-t border-(--border) bg-(--surface) shadow-(--shadow) ${onSnap ? "" : "max-h-[78%]"} ${dragged === null ? "transition-[height] duration-200 ease-app" : ""}`}
    >
      {onSnap ? (
        <button
          type="button"
          aria-label={snap === "full" ? text.less : text.more}
          aria-expanded={snap !== "peek"}
          onKeyDown={onKeyDown}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerEnd}
          onPointerCancel={onPointerCancel}
          onClick={(event) => {
            if (event.detail === 0) onSnap(snap === "full" ? "half" : "full"); // by the keyboard or a screen reader
          }}
          className="relative z-10 -mb-3 flex h-11 shrink-0 touch-none items-start justify-center pt-3"
        >
          <span className="h-1.5 w-11 rounded-full bg-(--border-strong) opacity-60" />
        </button>
      ) : (
        <span className="h-4 shrink-0" />
      )}
      <div ref={content} className="min-h-0 flex-1 overflow-y-auto px-4 pb-[calc(1rem+env(safe-area-inset-bottom))]">{children}</div>
    </section>
  );
}

import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";

import { Button } from "../Button.tsx";
import { useShortcuts } from "../shortcuts.ts";
import { clampView, pan, type Point, type Size, turn, type View, WHOLE, zoomAt } from "./viewTransform.ts";

/** The texts of a viewer; they are the app's. */
export interface ImageViewerTexts {
  zoomIn: string;
  zoomOut: string;
  whole: string;
  turn: string;
  /** How the keyboard moves the picture; read by screen readers. */
  help: string;
  failed: string;
}

interface ImageViewerProps {
  src: string;
  /** What the picture shows. */
  alt: string;
  texts: ImageViewerTexts;
  /** Whether the keys zoom (+, −, 0) and turn (T) wherever the focus is. */
  shortcuts?: boolean;
  /** Beside the buttons, for example a link to the original. */
  actions?: ReactNode;
  /** The picture could not be loaded. */
  onFailed?: () => void;
  className?: string;
}

const STEP = 1.4;
const KEY_PAN_PX = 60;
const WHEEL_SPEED = 0.0015;
const CENTRE: Point = { x: 0, y: 0 };

/**
 * A picture that can be zoomed (wheel, pinch, double click, buttons, +, − and 0), moved (dragging, arrow keys) and
 * turned (button, T).
 * Give it the id of the picture as key: another one starts whole, and a new link to the same one changes nothing.
 */
export function ImageViewer({ src, alt, texts, shortcuts = false, actions, onFailed, className = "" }: ImageViewerProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Size>({ width: 0, height: 0 });
  const [view, setView] = useState<View>(WHOLE);
  const [failedSrc, setFailedSrc] = useState<string | null>(null);
  const pointers = useRef(new Map<number, Point>());

  const frameSize = (): Size => ({ width: frame.current?.clientWidth ?? 0, height: frame.current?.clientHeight ?? 0 });
  const change = (next: (view: View) => View) => setView((current) => clampView(next(current), frameSize(), picture));

  /** A point of the screen from the frame's centre. */
  function fromCentre({ clientX, clientY }: { clientX: number; clientY: number }): Point {
    const box = frame.current?.getBoundingClientRect();
    return box ? { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 } : { x: 0, y: 0 };
  }

  // React listens to the wheel passively, so that the page would scroll as well.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      change((current) => zoomAt(current, Math.exp(-event.deltaY * WHEEL_SPEED), fromCentre(event)));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });

  function onPointerMove(event: PointerEvent) {
    const known = pointers.current;
    const before = known.get(event.pointerId);
    if (!before) return;
    const after = fromCentre(event);
    const other = [...known].find(([id]) => id !== event.pointerId)?.[1];
    known.set(event.pointerId, after);
    if (!other) {
      change((current) => pan(current, after.x - before.x, after.y - before.y));
      return;
    }
    const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    const middle = { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 };
    change((current) => zoomAt(current, distance(after) / Math.max(1, distance(before)), middle));
  }

  const release = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
  };

  const zoomIn = (current: View) => zoomAt(current, STEP, CENTRE);
  const zoomOut = (current: View) => zoomAt(current, 1 / STEP, CENTRE);
  const whole = ({ turns }: View) => ({ ...WHOLE, turns });
  const zoomKeys = { "+": zoomIn, "=": zoomIn, "-": zoomOut, "0": whole, t: turn };
  useShortcuts(Object.fromEntries(Object.entries(zoomKeys).map(([key, action]) => [key, () => change(action)])), shortcuts);

  function onKeyDown(event: KeyboardEvent) {
    const actionOf: Record<string, (view: View) => View> = {
      ...zoomKeys,
      ArrowLeft: (current) => pan(current, KEY_PAN_PX, 0),
      ArrowRight: (current) => pan(current, -KEY_PAN_PX, 0),
      ArrowUp: (current) => pan(current, 0, KEY_PAN_PX),
      ArrowDown: (current) => pan(current, 0, -KEY_PAN_PX),
    };
    const action = actionOf[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change(action);
  }

  const zoomed = view.scale > 1;
  return (
    <div className={`flex min-h-0 flex-col ${className}`}>
      <div
        ref={frame}
        role="group"
        tabIndex={0}
        aria-label={`${alt}. ${texts.help}`}
        data-zoom={view.scale.toFixed(2)}
        onKeyDown={onKeyDown}
        onDoubleClick={(event) => {
          const at = fromCentre(event);
          change((current) => (zoomed ? whole(current) : zoomAt(current, 3, at)));
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.current.set(event.pointerId, fromCentre(event));
        }}
        onPointerMove={onPointerMove}
        onPointerUp={release}
        onPointerCancel={release}
        className={`relative min-h-64 flex-1 touch-none overflow-hidden rounded-xl border border-(--border) bg-slate-900 -outline-offset-2 ${zoomed ? "cursor-grab active:cursor-grabbing" : "cursor-zoom-in"}`}
      >
        {failedSrc === src ? (
          <p role="alert" className="absolute inset-0 grid place-items-center p-6 text-center text-sm text-slate-100">
            {texts.failed}
          </p>
        ) : (
          <Picture
            src={src}
            alt={alt}
            view={view}
            frame={frameSize()}
            onLoad={setPicture}
            onError={() => {
              setFailedSrc(src);
              onFailed?.();
            }}
          />
        )}
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-1 text-sm">
        <Button variant="ghost" aria-label={texts.zoomOut} disabled={!zoomed} onClick={() => change(zoomOut)}>
          <Sign path="M3 8h10" />
        </Button>
        <span aria-hidden="true" className="w-11 text-center text-xs text-(--muted) tabular-nums">{`${Math.round(view.scale * 100)} %`}</span>
        <Button variant="ghost" aria-label={texts.zoomIn} onClick={() => change(zoomIn)}>
          <Sign path="M3 8h10M8 3v10" />
        </Button>
        <Button variant="ghost" onClick={() => change(whole)}>
          {texts.whole}
        </Button>
        <Button variant="ghost" onClick={() => change(turn)}>
          {texts.turn}
        </Button>
        {actions ? <span className="ml-auto">{actions}</span> : null}
      </div>
    </div>
  );
}

interface PictureProps {
  src: string;
  alt: string;
  view: View;
  frame: Size;
  onLoad: (size: Size) => void;
  onError: () => void;
}

function Picture({ src, alt, view, frame, onLoad, onError }: PictureProps) {
  const onSide = view.turns % 2 === 1;
  return (
    <img
      src={src}
      alt={alt}
      draggable={false}
      onLoad={({ currentTarget }) => onLoad({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })}
      onError={onError}
      className="absolute top-1/2 left-1/2 max-w-none object-contain select-none"
      style={{
        // A picture on its side fits into a frame with its sides exchanged.
        width: onSide ? frame.height : "100%",
        height: onSide ? frame.width : "100%",
        transform: `translate(-50%, -50%) translate(${view.x}px, ${view.y}px) rotate(${view.turns * 90}deg) scale(${view.scale})`,
      }}
    />
  );
}

const Sign = ({ path }: { path: string }) => (
  <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true">
    <path d={path} stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" fill="none" />
  </svg>
);

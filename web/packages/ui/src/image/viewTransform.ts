/** How a picture is shown in its frame.  Offsets are pixels of the picture's centre from that of the frame. */
export interface View {
  /** 1: the whole picture just fits. */
  scale: number;
  x: number;
  y: number;
  /** Quarter turns clockwise: 0 to 3. */
  turns: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0, turns: 0 };
export const MAX_SCALE = 8;

/** The size at which a picture, turned, just fits into the frame. */
export function fittedSize(frame: Size, picture: Size, turns: number): Size {
  const turned = turns % 2 === 0 ? picture : { width: picture.height, height: picture.width };
  if (turned.width === 0 || turned.height === 0) return { width: 0, height: 0 };
  const factor = Math.min(frame.width / turned.width, frame.height / turned.height);
  return { width: turned.width * factor, height: turned.height * factor };
}

const within = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));

/** Keeps the frame filled: a picture that is larger than the frame cannot be dragged out of it. */
export function clampView(view: View, frame: Size, picture: Size): View {
  const scale = Math.min(MAX_SCALE, Math.max(1, view.scale));
  const fitted = fittedSize(frame, picture, view.turns);
  const spareX = Math.max(0, (fitted.width * scale - frame.width) / 2);
  const spareY = Math.max(0, (fitted.height * scale - frame.height) / 2);
  return { ...view, scale, x: within(view.x, spareX), y: within(view.y, spareY) };
}

/** Zooms so that what is at a point of the frame (from its centre) stays there. */
export function zoomAt(view: View, factor: number, at: Point): View {
  const scale = Math.min(MAX_SCALE, Math.max(1, view.scale * factor));
  const real = scale / view.scale;
  return { ...view, scale, x: at.x - (at.x - view.x) * real, y: at.y - (at.y - view.y) * real };
}

export const pan = (view: View, dx: number, dy: number): View => ({ ...view, x: view.x + dx, y: view.y + dy });

/** Turns the picture by a quarter clockwise, and shows all of it. */
export const turn = (view: View): View => ({ ...WHOLE, turns: (view.turns + 1) % 4 });

/** The icons of the map.  Each has a shape of its own, so that none depends on colour alone. */

export const COLOURS = { free: "#64748b", active: "#0284c7", waiting: "#d97706", selected: "#0f766e" };

const TRUCK_PX = 48;
const PIN_PX = 64;
export const PIXEL_RATIO = 2;

type Context = CanvasRenderingContext2D;

function drawIcon(size: number, draw: (ctx: Context) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser has no 2D canvas");
  ctx.lineJoin = ctx.lineCap = "round";
  draw(ctx);
  return ctx.getImageData(0, 0, size, size);
}

/** A truck from above that points north; without a known heading it is drawn without a front. */
function drawTruck(colour: string, { hasHeading, filled, loaded }: { hasHeading: boolean; filled: boolean; loaded: boolean }): ImageData {
  return drawIcon(TRUCK_PX, (ctx) => {
    ctx.beginPath();
    if (hasHeading) {
      ctx.moveTo(24, 4);
      ctx.lineTo(35, 14);
      ctx.lineTo(35, 43);
      ctx.lineTo(13, 43);
      ctx.lineTo(13, 14);
      ctx.closePath();
    } else ctx.roundRect(12, 12, 24, 24, 6);
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 7;
    ctx.stroke();
    ctx.fillStyle = filled ? colour : "#ffffff";
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 3.5;
    ctx.stroke();
    const [top, side] = hasHeading ? [25, 18] : [18, 18];
    ctx.fillStyle = filled ? "#ffffff" : colour;
    if (loaded) {
      ctx.beginPath();
      ctx.arc(24, top + 6, 6.5, 0, 2 * Math.PI);
      ctx.fill();
    } else if (filled) ctx.fillRect(side, top, 12, 12);
  });
}

/** A pin whose tip is at the middle of the image's lower edge. */
function drawPin(colour: string, filled: boolean, drawSymbol: (ctx: Context, colour: string) => void): ImageData {
  return drawIcon(PIN_PX, (ctx) => {
    ctx.beginPath();
    ctx.arc(32, 26, 19, Math.PI * 0.82, Math.PI * 0.18);
    ctx.lineTo(32, 60);
    ctx.closePath();
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 8;
    ctx.stroke();
    ctx.fillStyle = filled ? colour : "#ffffff";
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 4.5;
    ctx.stroke();
    drawSymbol(ctx, filled ? "#ffffff" : colour);
  });
}

function drawExclamationMark(ctx: Context, colour: string): void {
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 6;
  ctx.beginPath();
  ctx.moveTo(32, 16);
  ctx.lineTo(32, 27);
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(32, 36, 3.6, 0, 2 * Math.PI);
  ctx.fill();
}

function drawDot(ctx: Context, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(32, 26, 8, 0, 2 * Math.PI);
  ctx.fill();
}

function drawHouse(ctx: Context, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(32, 14);
  ctx.lineTo(44, 25);
  ctx.lineTo(40, 25);
  ctx.lineTo(40, 36);
  ctx.lineTo(24, 36);
  ctx.lineTo(24, 25);
  ctx.lineTo(20, 25);
  ctx.closePath();
  ctx.fill();
}

const TRUCKS = {
  free: (hasHeading: boolean) => drawTruck(COLOURS.free, { hasHeading, filled: false, loaded: false }),
  approaching: (hasHeading: boolean) => drawTruck(COLOURS.active, { hasHeading, filled: true, loaded: false }),
  loaded: (hasHeading: boolean) => drawTruck(COLOURS.active, { hasHeading, filled: true, loaded: true }),
} as const;

const PINS = {
  waiting: () => drawPin(COLOURS.waiting, true, drawExclamationMark),
  assigned: () => drawPin(COLOURS.active, false, drawDot),
  dropoff: () => drawPin(COLOURS.active, false, drawHouse),
} as const;

export type TruckKind = keyof typeof TRUCKS;
type PinKind = keyof typeof PINS;

export const truckIconName = (kind: TruckKind, hasHeading: boolean): string => `truck-${kind}${hasHeading ? "" : "-no-heading"}`;
export const pinIconName = (kind: PinKind): string => `pin-${kind}`;

/** Draws every icon; pairs of name and image. */
export function drawIcons(): [string, ImageData][] {
  const trucks = (Object.keys(TRUCKS) as TruckKind[]).flatMap((kind) =>
    [true, false].map((hasHeading): [string, ImageData] => [truckIconName(kind, hasHeading), TRUCKS[kind](hasHeading)]),
  );
  return [...trucks, ...(Object.keys(PINS) as PinKind[]).map((kind): [string, ImageData] => [pinIconName(kind), PINS[kind]()])];
}

/** The icons as data URLs by name, so that the legend shows exactly what is on the map. */
export function drawIconUrls(): ReadonlyMap<string, string> {
  try {
    return new Map(drawIcons().map(([name, image]) => [name, toDataUrl(image)]));
  } catch {
    return new Map(); // without a 2D canvas the legend shows only its labels
  }
}

function toDataUrl(image: ImageData): string {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

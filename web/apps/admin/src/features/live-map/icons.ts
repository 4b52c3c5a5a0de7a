/** What is drawn on the map.  Each sign has a shape of its own: colour only repeats what shape says. */

export const COLOURS = { free: "#64748b", move: "#0284c7", wait: "#d97706", chosen: "#0f766e" };

const TRUCK_PX = 48;
const PIN_PX = 64;
export const PIXEL_RATIO = 2;

type Pen = CanvasRenderingContext2D;

function drawing(size: number, draw: (pen: Pen) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser cannot draw");
  pen.lineJoin = pen.lineCap = "round";
  draw(pen);
  return pen.getImageData(0, 0, size, size);
}

/** A truck from above that points north; without a known heading it has no nose. */
function truck(colour: string, { nose, filled, load }: { nose: boolean; filled: boolean; load: boolean }): ImageData {
  return drawing(TRUCK_PX, (pen) => {
    pen.beginPath();
    if (nose) {
      pen.moveTo(24, 4);
      pen.lineTo(35, 14);
      pen.lineTo(35, 43);
      pen.lineTo(13, 43);
      pen.lineTo(13, 14);
      pen.closePath();
    } else pen.roundRect(12, 12, 24, 24, 6);
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 7;
    pen.stroke();
    pen.fillStyle = filled ? colour : "#ffffff";
    pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = 3.5;
    pen.stroke();
    const [top, side] = nose ? [25, 18] : [18, 18];
    pen.fillStyle = filled ? "#ffffff" : colour;
    if (load) {
      pen.beginPath();
      pen.arc(24, top + 6, 6.5, 0, 2 * Math.PI);
      pen.fill();
    } else if (filled) pen.fillRect(side, top, 12, 12);
  });
}

/** A pin whose tip is at the middle of the image's lower edge. */
function pin(colour: string, filled: boolean, sign: (pen: Pen, ink: string) => void): ImageData {
  return drawing(PIN_PX, (pen) => {
    pen.beginPath();
    pen.arc(32, 26, 19, Math.PI * 0.82, Math.PI * 0.18);
    pen.lineTo(32, 60);
    pen.closePath();
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 8;
    pen.stroke();
    pen.fillStyle = filled ? colour : "#ffffff";
    pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = 4.5;
    pen.stroke();
    sign(pen, filled ? "#ffffff" : colour);
  });
}

function exclamation(pen: Pen, ink: string): void {
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 6;
  pen.beginPath();
  pen.moveTo(32, 16);
  pen.lineTo(32, 27);
  pen.stroke();
  pen.beginPath();
  pen.arc(32, 36, 3.6, 0, 2 * Math.PI);
  pen.fill();
}

function dot(pen: Pen, ink: string): void {
  pen.fillStyle = ink;
  pen.beginPath();
  pen.arc(32, 26, 8, 0, 2 * Math.PI);
  pen.fill();
}

function house(pen: Pen, ink: string): void {
  pen.fillStyle = ink;
  pen.beginPath();
  pen.moveTo(32, 14);
  pen.lineTo(44, 25);
  pen.lineTo(40, 25);
  pen.lineTo(40, 36);
  pen.lineTo(24, 36);
  pen.lineTo(24, 25);
  pen.lineTo(20, 25);
  pen.closePath();
  pen.fill();
}

const TRUCKS = {
  free: (nose: boolean) => truck(COLOURS.free, { nose, filled: false, load: false }),
  coming: (nose: boolean) => truck(COLOURS.move, { nose, filled: true, load: false }),
  loaded: (nose: boolean) => truck(COLOURS.move, { nose, filled: true, load: true }),
} as const;

const PINS = {
  waiting: () => pin(COLOURS.wait, true, exclamation),
  awaited: () => pin(COLOURS.move, false, dot),
  home: () => pin(COLOURS.move, false, house),
} as const;

export type TruckSign = keyof typeof TRUCKS;
type PinSign = keyof typeof PINS;

export const truckIcon = (sign: TruckSign, nose: boolean): string => `truck-${sign}${nose ? "" : "-still"}`;
export const pinIcon = (sign: PinSign): string => `pin-${sign}`;

/** Every sign with its name. */
export function icons(): [string, ImageData][] {
  const trucks = (Object.keys(TRUCKS) as TruckSign[]).flatMap((sign) =>
    [true, false].map((nose): [string, ImageData] => [truckIcon(sign, nose), TRUCKS[sign](nose)]),
  );
  return [...trucks, ...(Object.keys(PINS) as PinSign[]).map((sign): [string, ImageData] => [pinIcon(sign), PINS[sign]()])];
}

/** The signs as addresses for an `<img>`, by name: the key is drawn by the very same hand as the map. */
export function pictures(): ReadonlyMap<string, string> {
  try {
    return new Map(icons().map(([name, image]) => [name, pictureOf(image)]));
  } catch {
    return new Map(); // a browser that cannot draw: the words of the key remain
  }
}

function pictureOf(image: ImageData): string {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

import { sharedStorage } from "@supportcarr/client/browserStorage";

/** How the city's time follows the device's: equal in production, faster in a demo. */
export interface ClockOffset {
  /** City time in ms since the epoch ... */
  city: number;
  /** ... when the device's clock said this. */
  device: number;
  speed: number;
}

const KEY = "supportcarr.driver.clock";

let known: ClockOffset | null = null;

/** City time at `device`, by what is known of the two clocks; never back before the reading. */
export const cityTimeAt = (device: number, offset: ClockOffset | null): number => (offset ? offset.city + Math.max(0, device - offset.device) * offset.speed : device);

function stored(): ClockOffset | null {
  try {
    return JSON.parse(sharedStorage.getItem(KEY) ?? "null") as ClockOffset | null;
  } catch {
    return null;
  }
}

export function rememberClock({ city_time, speed }: { city_time: string; speed: number }, device: number): void {
  known = { city: Date.parse(city_time), device, speed };
  sharedStorage.setItem(KEY, JSON.stringify(known)); // after a reload without a connection it still counts
}

const offset = (): ClockOffset | null => (known ??= stored());

/** City time now, in ms since the epoch; the device's own until the platform's is known. */
export const cityNow = (device = Date.now()): number => cityTimeAt(device, offset());

export const citySpeed = (): number => offset()?.speed ?? 1;

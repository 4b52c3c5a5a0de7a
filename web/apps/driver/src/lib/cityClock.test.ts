import { expect, test } from "vitest";

import { cityTimeAt } from "./cityClock.ts";

test.each([
  [null, 5_000, 5_000],
  [{ city: 100_000, device: 5_000, speed: 1 }, 8_000, 103_000],
  [{ city: 100_000, device: 5_000, speed: 12 }, 6_000, 112_000],
  [{ city: 100_000, device: 5_000, speed: 12 }, 4_000, 100_000], // the device's clock was set back
])("with the offset %j the city's time at %d is %d", (offset, device, city) => expect(cityTimeAt(device, offset)).toBe(city));

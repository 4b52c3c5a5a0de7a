import { expect } from "vitest";

import { ScriptedRider } from "./driverPhone.ts";
import { ScriptedDriver } from "./scriptedDriver.ts";

export const RIDE_PASSWORD = "a long enough password";
const PICKUP = { lat: 45.4455, lng: -73.7462 }; // a corner in which no simulated driver is nearer than ours

interface RidePeople {
  rider: { name: string; phone: string };
  driver: { name: string; phone: string; plate: string };
}

/** A rider who has just been driven home by a driver, both of the test's own: the id of the rescue, and the rider. */
export async function completedRide({ rider, driver }: RidePeople): Promise<{ id: string; rider: ScriptedRider }> {
  const asking = await ScriptedRider.signUp(rider.phone, rider.name);
  const driving = await ScriptedDriver.start(driver.name, driver.phone, driver.plate, PICKUP);
  try {
    const id = await asking.ask(PICKUP);
    await driving.accept(id);
    await driving.step(id, "departure");
    await expect.poll(() => driving.step(id, "arrival").then(() => true, () => false)).toBe(true);
    await driving.step(id, "start", { pin: (await asking.rescue(id)).pin });
    await driving.step(id, "completion", { outcome: "delivered" });
    await expect.poll(() => asking.status(id)).toBe("completed");
    return { id, rider: asking };
  } finally {
    await driving.stop();
  }
}

import { onTestFinished } from "vitest";

import type { Person } from "./appPage.ts";
import { getDemoCity } from "./browser.ts";
import { request, requestJson, signUp } from "./demoCity.ts";
import { DriverApp } from "./driverApp.ts";
import { approveDriver } from "./driverPhone.ts";
import type { Phone } from "./phone.ts";
import { RiderApp } from "./riderApp.ts";

const PASSWORD = "a long enough password";
const CARRIES = { bed_length_cm: 240, capacity: 2, ramp: true, tie_downs: 4, seats: 2 };

/** Where the riders of the journeys are, and a driver nearby. */
export const SPOT = { latitude: 45.5262, longitude: -73.5795, accuracy: 12 };
export const NEARBY = { latitude: 45.528, longitude: -73.5795, accuracy: 12 };

type OpenPhone = (options: { at: typeof SPOT }) => Promise<Phone>;

/** Somebody with a number that is used nowhere else. */
export const person = (name: string, number: string): Person => ({ name, phone: `+1438555${number}`, password: PASSWORD });

const put = (path: string, token: string, body: object) => request(getDemoCity().base, path, { method: "PUT", token, body });

/** A rider whose account was made before, signed in on a phone. */
export async function knownRider(openPhone: OpenPhone, rider: Person): Promise<RiderApp> {
  await signUp(getDemoCity().base, { ...rider, role: "rider" });
  const app = new RiderApp(await openPhone({ at: SPOT }));
  await app.signIn(rider);
  return app;
}

/** A driver who was approved before, signed in on a phone; offline when the test ends, so that no other test meets them. */
export async function knownDriver(openPhone: OpenPhone, driver: Person, vehicles: { plate: string; type?: string }[]): Promise<DriverApp> {
  const { base } = getDemoCity();
  const token = await signUp(base, { ...driver, role: "driver" });
  const year = new Date().getFullYear();
  await put("/me/driver-application", token, { licence_class: "5", licence_expires_on: `${year + 3}-06-01`, insurer: "Desjardins", insurance_expires_on: `${year + 2}-06-01` });
  for (const { plate, type = "pickup" } of vehicles) {
    await requestJson(base, "/me/vehicles", { token, body: { type, make: "Ford", model: type === "van" ? "Transit" : "F-150", colour: "blue", plate, ...CARRIES } });
  }
  await approveDriver(driver.phone);
  onTestFinished(async () => {
    await put("/me/availability", token, { online: false }).catch(() => undefined); // with a job it stays
  });
  const app = new DriverApp(await openPhone({ at: NEARBY }));
  await app.signIn(driver);
  return app;
}

/** From the pickup to the end of a rescue that the driver has accepted. */
export async function bringHome(rider: RiderApp, driver: DriverApp): Promise<void> {
  await driver.depart();
  await rider.phase("enRoute");
  await driver.phone.moveTo(SPOT.latitude, SPOT.longitude);
  await driver.arrive();
  await rider.phase("arrived");
  await driver.start(await rider.pin());
  await rider.phase("inTransit");
  await driver.deliver();
  await rider.phase("delivered");
}

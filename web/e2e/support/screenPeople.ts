import { getDemoCity } from "./browser.ts";
import { requestJson, signUp } from "./demoCity.ts";
import { ScriptedRider } from "./driverPhone.ts";
import { ScriptedDriver } from "./scriptedDriver.ts";
import type { Belongings, Viewer } from "./screens.ts";

export const PASSWORD = "a long enough password";
/** A corner of the city in which no simulated driver is nearer than ours. */
export const CORNER = { latitude: 45.4455, longitude: -73.7462, accuracy: 12 };
const PICKUP = { lat: CORNER.latitude, lng: CORNER.longitude };
const NEARBY = { lat: 45.4478, lng: -73.7462 };

type Phones = Record<Exclude<Viewer, "nobody" | "operator">, string>;

/** The phone numbers of a group of people in a city; `group`: two digits. */
export const phonesOf = (group: string): Phones => ({
  newcomer: `+1438555${group}01`,
  rider: `+1438555${group}02`,
  applicant: `+1438555${group}03`,
  driver: `+1438555${group}04`,
});

/** The phone numbers with which they sign in. */
export const PHONES = phonesOf("18");

export interface ScreenPeople {
  belongings: Belongings;
  /** The driver of the live rescue is there from the next report of their position on. */
  moveTruck: (at: { lat: number; lng: number }) => void;
  stop: () => Promise<void>;
}

async function completedRescue(rider: ScriptedRider, driver: ScriptedDriver): Promise<string> {
  const id = await liveRescue(rider, driver);
  driver.moveTo(PICKUP);
  for (let attempt = 0; ; attempt += 1) {
    try {
      await driver.step(id, "arrival");
      break;
    } catch (error) {
      if (attempt > 60) throw error; // its new position has not been counted yet
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  const { pin } = await rider.rescue(id);
  await driver.step(id, "start", { pin });
  await driver.step(id, "completion", { outcome: "delivered" });
  driver.moveTo(NEARBY);
  return id;
}

/** A rescue whose driver is on the way. */
async function liveRescue(rider: ScriptedRider, driver: ScriptedDriver): Promise<string> {
  const id = await rider.ask(PICKUP);
  await driver.accept(id);
  await driver.step(id, "departure");
  return id;
}

/** Makes everybody who looks at the screens, and what they look at, through the API; once in a city with the same phones. */
export async function makeScreenPeople(phones: Phones = PHONES): Promise<ScreenPeople> {
  const { base } = getDemoCity();
  await signUp(base, { phone: phones.applicant, password: PASSWORD, name: "Abel Applicant", role: "driver" });
  const driver = await ScriptedDriver.start("Denis Caron", phones.driver, "DEN 804", NEARBY);
  const rider = await ScriptedRider.signUp(phones.rider, "Ana Roy");
  const asRider = <T>(path: string, body?: object) => requestJson<T>(base, path, { token: rider.token, ...(body ? { body } : {}) });
  await asRider("/me/places", { name: "Home", lat: 45.4525, lng: -73.7362, address: "12 rue des Érables" });
  await asRider("/me/bikes", { name: "My cargo bike", type: "cargo", make: "Tern", model: "GSD", weight_kg: 34 });
  const endedRescueId = await completedRescue(rider, driver);
  await asRider(`/rescues/${endedRescueId}/rating`, { stars: 5, reasons: ["friendly", "on_time"] });
  const liveRescueId = await liveRescue(rider, driver);
  await driver.write(liveRescueId, "I am in the blue truck.");
  await asRider(`/rescues/${liveRescueId}/messages`, { text: "I am behind the bus stop, in a yellow jacket." });
  const { url } = await asRider<{ url: string }>(`/rescues/${liveRescueId}/share-links`, {});
  const { driver: of } = await asRider<{ driver: { id: string } }>(`/rescues/${liveRescueId}`);
  const belongings = { liveRescueId, endedRescueId, driverId: of.id, vehicleId: driver.vehicleId, shareToken: new URL(url).hash.slice(1) };
  return { belongings, moveTruck: (at) => driver.moveTo(at), stop: () => driver.stop() };
}

import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "vitest";

import { applicant } from "./applicants.ts";
import { getDemoCity } from "./browser.ts";
import { request, requestJson } from "./demoCity.ts";

interface Point {
  lat: number;
  lng: number;
}

const REPORT_MS = 700; // a position counts for 30 seconds of the city's time, which runs fast
const PASSWORD = "a long enough password";

/** A driver who does what the test says, through the API. */
export class ScriptedDriver {
  private stopped = false;
  private reporting: Promise<void> | null = null;

  private constructor(
    readonly name: string,
    private readonly token: string,
    private at: Point,
    readonly vehicleId: string,
  ) {}

  /** Signs up, is approved, and goes online at a place. */
  static async start(name: string, phone: string, plate: string, at: Point): Promise<ScriptedDriver> {
    const driver = await applicant({ phone, password: PASSWORD, name, role: "driver" }, `${plate} B`);
    await driver.submit();
    await driver.approve();
    const { base } = getDemoCity();
    // It carries every bike and its rider.
    const carries = { bed_length_cm: 240, capacity: 2, ramp: true, tie_downs: 4, seats: 2 };
    const vehicle = await requestJson<{ id: string }>(base, "/me/vehicles", { token: driver.token, body: { type: "pickup", make: "Ford", model: "F-150", colour: "blue", plate, ...carries } });
    const scripted = new ScriptedDriver(name, driver.token, at, vehicle.id);
    await scripted.report();
    await scripted.setAvailability({ online: true, vehicle_id: vehicle.id });
    scripted.reporting = scripted.keepReporting();
    return scripted;
  }

  moveTo(at: Point): void {
    this.at = at;
  }

  /** Waits for the offer of this rescue and accepts it; declines all others.  One that ends before the answer comes again. */
  async accept(rescueId: string): Promise<void> {
    let answered = false;
    const status = async () => {
      const { items } = await this.get<{ items: { id: string; rescue_id: string }[] }>("/me/offers");
      for (const offer of items) {
        const wanted = offer.rescue_id === rescueId;
        await this.post(`/offers/${offer.id}/${wanted ? "acceptance" : "decline"}`, {}).catch(() => undefined); // it may have ended
        answered ||= wanted;
      }
      return answered ? (await this.get<{ status: string }>(`/rescues/${rescueId}`)).status : "not offered"; // until it is the driver's, it is not found
    };
    await expect.poll(status, { interval: 200 }).toBe("assigned");
  }

  step(rescueId: string, name: "departure" | "arrival" | "start" | "completion" | "no-show" | "release" | "abort", body: object = {}): Promise<void> {
    return this.post(`/rescues/${rescueId}/${name}`, body);
  }

  write(rescueId: string, text: string): Promise<void> {
    return this.post(`/rescues/${rescueId}/messages`, { text });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.reporting;
    await this.setAvailability({ online: false }).catch(() => undefined); // so that no offer waits for an answer
  }

  private setAvailability(wish: object): Promise<Response> {
    return request(getDemoCity().base, "/me/availability", { method: "PUT", token: this.token, body: wish });
  }

  private get<T>(path: string): Promise<T> {
    return requestJson<T>(getDemoCity().base, path, { token: this.token });
  }

  private async post(path: string, body: object): Promise<void> {
    await requestJson(getDemoCity().base, path, { token: this.token, body });
  }

  private async report(): Promise<void> {
    const { city_time } = await this.get<{ city_time: string }>("/clock");
    await this.post("/me/positions", { ...this.at, at: city_time, accuracy: 8 });
  }

  private async keepReporting(): Promise<void> {
    while (!this.stopped) {
      await this.report().catch(() => undefined); // the next one comes soon
      await sleep(REPORT_MS);
    }
  }
}

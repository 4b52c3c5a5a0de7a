import type { Buffer } from "node:buffer";

import type { Language } from "@supportcarr/i18n/languages";

import { AppPage, type Person } from "./appPage.ts";
import type { Phone } from "./phone.ts";
import { driverTexts } from "./texts.ts";

const inYears = (years: number): string => `${new Date().getFullYear() + years}-06-01`;
const named = (name: string): RegExp => new RegExp(`^${name}`);

/** The driver's app as a driver uses it, in any language. */
export class DriverApp extends AppPage {
  readonly t: ReturnType<typeof driverTexts>;

  constructor(phone: Phone, language: Language = "en") {
    super(phone, "driver", language);
    this.t = driverTexts(language);
    phone.keepLocated();
  }

  async signUp(person: Person): Promise<void> {
    await this.phone.visit("/driver/");
    await this.link(this.t.of("welcome.signUp")).click();
    await this.field(this.t.of("signUp.name")).fill(person.name);
    await this.field(this.t.of("signUp.phone")).fill(person.phone);
    await this.field(this.t.of("signUp.password")).fill(person.password);
    await this.page.getByRole("checkbox").check(); // the terms
    await this.button(this.t.of("signUp.submit")).click();
    await this.enterCode(person);
    await this.heading(this.t.of("application.states.draft.title")).waitFor();
  }

  /** States the papers, adds a vehicle, sends a photo of the licence, and submits the application. */
  async apply(plate: string, licence: Buffer): Promise<void> {
    const { of } = this.t;
    await this.link(of("application.continue")).click();
    await this.link(named(of("application.statement"))).click();
    await this.field(of("application.fields.licence_class")).fill("5");
    await this.field(of("application.fields.licence_expires_on")).fill(inYears(3));
    await this.field(of("application.fields.insurer")).fill("Desjardins");
    await this.field(of("application.fields.insurance_expires_on")).fill(inYears(2));
    await this.button(of("common.save")).click();
    await this.page.locator("a[href='/driver/vehicles']").click();
    await this.link(of("vehicles.add")).click();
    for (const [name, value] of Object.entries({ make: "Ford", model: "F-150", colour: "blue", plate, bed_length_cm: "240", capacity: "2", tie_downs: "4", seats: "2" })) {
      await this.field(of(`vehicles.fields.${name as "make"}`)).fill(value);
    }
    await this.page.getByRole("checkbox", { name: of("vehicles.ramp") }).check();
    await this.look("vehicle");
    await this.button(of("common.save")).click();
    await this.link(new RegExp(plate)).waitFor();
    await this.phone.visit("/driver/apply/documents/licence");
    await this.page.locator("input[type=file]").setInputFiles({ name: "licence.jpg", mimeType: "image/jpeg", buffer: licence });
    await this.text(this.ui.upload.done("licence.jpg")).waitFor();
    await this.look("document");
    await this.button(of("application.sendDocument")).click();
    await this.button(of("application.submit")).click();
    await this.text(of("application.states.submitted.title")).first().waitFor();
    await this.look("application");
  }

  override async signIn(person: Person): Promise<void> {
    await super.signIn(person);
    await this.heading(this.t.of("availability.offline")).waitFor();
  }

  async goOnline(): Promise<void> {
    await this.slide(this.t.of("availability.goOnline"));
    await this.heading(this.t.of("availability.online")).waitFor();
  }

  /** Accepts the offer of that rescue, which fills the screen, and returns what it pays. */
  async accept(rescueId: string): Promise<string> {
    const offer = this.page.locator(`[data-rescue="${rescueId}"]`);
    await offer.waitFor();
    const pay = (await offer.locator("h2 + p").textContent()) ?? "";
    await this.slide(this.t.of("offer.accept"));
    await this.page.waitForURL(`**/driver/job/${rescueId}`);
    await this.heading(this.t.like("job.steps.assigned.title")).waitFor();
    return pay;
  }

  async depart(): Promise<void> {
    await this.button(this.t.of("job.depart")).click();
    await this.button(this.t.of("job.arrive")).waitFor();
  }

  async arrive(): Promise<void> {
    await this.slide(this.t.of("job.arrive"));
    await this.button(this.t.of("job.enterPin")).waitFor();
  }

  /** Takes a photo of the bike before it is loaded. */
  async photograph(photo: Buffer): Promise<void> {
    await this.addPhoto(this.t.of("photos.add"), photo);
    await this.page.getByRole("img", { name: this.t.of("photos.byYou") }).first().waitFor();
  }

  /** The bike is loaded; the rider has told the PIN. */
  async start(pin: string): Promise<void> {
    await this.button(this.t.of("job.enterPin")).click();
    await this.field(this.t.of("job.pinEntry.field")).fill(pin);
    await this.dialog().getByRole("button", { name: this.t.of("job.pinEntry.submit") }).click();
    await this.button(this.t.of("job.deliver")).waitFor();
  }

  async deliver(): Promise<void> {
    await this.slide(this.t.of("job.deliver"));
    await this.heading(this.t.of("job.end.completed.title")).waitFor();
  }

  /** Rates the rider with five stars. */
  async rateRider(): Promise<void> {
    await this.giveStars(this.t.of("job.end.stars", { count: 5 }));
    await this.button(this.t.of("job.end.sendRating")).click();
    await this.text(this.t.of("job.end.rated", { stars: 5 })).waitFor();
  }

  /** The earnings have a line of that kind with that amount. */
  async earned(kind: "fare" | "fee", amount: string): Promise<void> {
    await this.phone.visit("/driver/earnings");
    await this.page.getByRole("listitem").filter({ hasText: this.t.of(`earnings.kinds.${kind}`) }).filter({ hasText: amount }).first().waitFor();
  }

  /** Opens what does not go as planned. */
  async more(what: "fixed" | "noShow" | "giveUp"): Promise<void> {
    await this.button(named(this.t.of(`job.more.${what}`))).click();
  }
}

import type { Language } from "@supportcarr/i18n/languages";

import { AppPage, type Person } from "./appPage.ts";
import type { Phone } from "./phone.ts";
import { riderTexts } from "./texts.ts";

export const CARDS = { visa: "4242 4242 4242 4242", withoutMoney: "4000 0000 0000 0341", mastercard: "5555 5555 5555 4444", secure: "4000 0027 6000 3184" };

const named = (name: string): RegExp => new RegExp(`^${name}`);

/** The rider's app as a rider uses it, in any language. */
export class RiderApp extends AppPage {
  readonly t: ReturnType<typeof riderTexts>;

  constructor(phone: Phone, language: Language = "en") {
    super(phone, "rider", language);
    this.t = riderTexts(language);
  }

  readonly tab = (name: "home" | "rescues" | "inbox" | "account") => this.page.getByRole("navigation", { name: this.t.of("tabs.label") }).getByRole("link", { name: this.t.of(`tabs.${name}`) });

  async signUp(person: Person): Promise<void> {
    await this.phone.visit("/");
    await this.link(this.t.of("welcome.signUp")).click();
    await this.field(this.t.of("signUp.name")).fill(person.name);
    await this.field(this.t.of("signUp.phone")).fill(person.phone);
    await this.field(this.t.of("signUp.password")).fill(person.password);
    await this.page.getByRole("checkbox").check(); // the terms
    await this.button(this.t.of("signUp.submit")).click();
    await this.enterCode(person);
    await this.heading(this.t.of("home.title")).waitFor();
  }

  override async signIn(person: Person): Promise<void> {
    await super.signIn(person);
    await this.heading(this.t.of("home.title")).waitFor();
  }

  /** From the map to the question that follows the problem. */
  async sayProblem(problem: ProblemName): Promise<void> {
    await this.button(this.t.of("home.getHelp")).click();
    await this.chooseProblem(problem);
  }

  async chooseProblem(problem: ProblemName): Promise<void> {
    await this.button(named(this.t.of(`problems.${problem}.name`))).click();
  }

  /** No bike is named. */
  async skipBike(): Promise<void> {
    await this.button(named(`(${this.t.of("request.bike.skip")}|${this.t.of("request.bike.another")})`)).click();
  }

  /** To the point of the map that is shown. */
  async chooseDropoff(): Promise<void> {
    await this.button(this.t.of("request.dropoff.onMap")).click();
    await this.button(this.t.of("request.dropoff.here")).click();
    await this.button(this.t.like("request.review.request")).waitFor();
  }

  /** From the map to the price, in the fewest presses. */
  async askForPrice(): Promise<void> {
    await this.sayProblem("flat_tire");
    await this.skipBike();
    await this.chooseDropoff();
  }

  /** Enters the number of a card on the page for cards, which leads back here; `known`: what the card is called then. */
  async enterCard(number: string, known: { brand: string; last4: string }): Promise<void> {
    await this.page.getByRole("region", { name: this.t.of("request.review.details") }).getByRole("button").last().click();
    const another = this.button(this.t.of("request.card.addAnother"));
    const byNumber = this.button(this.t.of("cards.enterNumber"));
    await another.or(byNumber).waitFor();
    if (await another.isVisible()) await another.click();
    await byNumber.click();
    // The page stands for Stripe's, and speaks English.
    await this.page.getByLabel("Card number").fill(number);
    await this.page.getByLabel("Valid until").fill("12 / 34");
    await this.page.getByLabel("Security code").fill("123");
    await this.button("Save card").click();
    if (number === CARDS.secure) await this.button("Yes, it is me").click();
    await this.text(this.t.of("cards.name", known)).waitFor();
  }

  /** What the rider pays, as the button says it. */
  async price(): Promise<string> {
    const label = this.t.like("request.review.request");
    const text = (await this.button(label).textContent()) ?? "";
    return new RegExp(label.source.replace(".+", "(.+)")).exec(text)?.[1] ?? "";
  }

  /** Asks for help and returns the id of the rescue. */
  async request(): Promise<string> {
    await this.button(this.t.like("request.review.request")).click();
    return this.rescueId();
  }

  /** The id of the rescue that is shown. */
  async rescueId(): Promise<string> {
    await this.page.waitForURL(/\/rescues\/res_\w+$/);
    return new URL(this.page.url()).pathname.split("/").at(-1) ?? "";
  }

  /** Waits until the rescue is in that phase. */
  async phase(name: PhaseName): Promise<void> {
    await this.heading(this.t.either(`phase.${name}.title`)).waitFor();
    if (name === "assigned" || name === "enRoute") await this.text(this.t.like(`phase.${name}.body`)).waitFor(); // their titles are alike
  }

  /** The PIN that the rider tells the driver. */
  async pin(): Promise<string> {
    const label = await this.page.getByRole("img", { name: this.t.like("live.pin.digits") }).getAttribute("aria-label");
    return (label ?? "").replace(/\D/g, "");
  }

  /** Rates the driver with five stars. */
  async rateDriver(): Promise<void> {
    await this.link(this.t.like("live.ending.rate")).click();
    await this.giveStars(this.t.of("rating.starName", { stars: 5 }));
    await this.text(this.t.of("rating.reasons.friendly")).click();
    await this.button(this.t.of("rating.submit")).click();
    await this.text(this.t.of("rating.yours")).waitFor();
  }

  /** The receipt says that this was charged. */
  async receiptOf(amount: string): Promise<void> {
    await this.link(this.t.of("live.ending.receipt")).click();
    await this.text(this.t.of("receipt.states.charged", { amount })).waitFor();
  }
}

type ProblemName = "flat_tire" | "dead_battery" | "damaged_battery";
type PhaseName = "confirmingCard" | "searching" | "searchingAgain" | "assigned" | "enRoute" | "arrived" | "fixProposed" | "fixAgreed" | "inTransit" | "delivered" | "fixedOnSpot" | "cancelled" | "noShow" | "unserved" | "rejected";

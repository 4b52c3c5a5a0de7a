import type { Page } from "playwright-core";

import { getDemoCity } from "./browser.ts";

/** The account page as a person sees it. */
export class AccountPage {
  constructor(readonly page: Page) {}

  readonly button = (name: string | RegExp) => this.page.getByRole("button", { name, exact: typeof name === "string" });
  readonly field = (label: string) => this.page.getByLabel(label, { exact: true });
  readonly link = (name: string) => this.page.getByRole("link", { name });
  readonly region = (name: string) => this.page.getByRole("region", { name });
  readonly greeting = () => this.page.getByRole("heading", { level: 1, name: /^Hello, / });

  async visit(path = "/account"): Promise<this> {
    await this.page.goto(`${getDemoCity().base}${path}`);
    return this;
  }

  async signUp({ name, phone, password }: { name: string; phone: string; password: string }): Promise<void> {
    await this.field("Name").fill(name);
    await this.field("Phone").fill(phone);
    await this.field("Password").fill(password);
    await this.page.getByRole("checkbox", { name: "I accept the terms of use" }).check();
    await this.button("Create account").click();
    await this.greeting().waitFor();
  }

  async signIn({ phone, password }: { phone: string; password: string }): Promise<void> {
    await this.field("Phone").fill(phone);
    await this.field("Password").fill(password);
    await this.button("Sign in").click();
  }
}

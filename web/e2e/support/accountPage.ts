import type { Page } from "playwright-core";

import { getDemoCity } from "./browser.ts";
import { withUnusedCode } from "./totp.ts";

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
    await this.button("Create account").click();
    await this.greeting().waitFor();
  }

  async signIn({ phone, password }: { phone: string; password: string }): Promise<void> {
    await this.field("Phone").fill(phone);
    await this.field("Password").fill(password);
    await this.button("Sign in").click();
  }

  /** Answers the question for a fresh code of the authenticator app. */
  async confirmStepUp(totpSecret: string): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: "Confirm with a fresh code" });
    await dialog.waitFor();
    await withUnusedCode(totpSecret, async (code) => {
      const response = this.page.waitForResponse((answer) => answer.url().endsWith("/auth/step-up"));
      await dialog.getByLabel("6-digit code").fill(code);
      await dialog.getByRole("button", { name: "Confirm" }).click();
      return (await response).ok() ? true : null;
    });
  }
}

// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { setLanguage } from "@supportcarr/i18n/useLanguage";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { loadMessages } from "../messages/load.ts";
import { StripeCardForm } from "./StripeCardForm.tsx";

const stripe = vi.hoisted(() => ({
  update: vi.fn(() => Promise.resolve()),
  mount: vi.fn(),
  destroy: vi.fn(),
  confirmSetup: vi.fn<() => Promise<object>>(),
}));

vi.mock("./stripeForm.ts", () => ({
  loadStripeForm: () =>
    Promise.resolve({
      elements: () => ({ update: stripe.update, create: () => ({ mount: stripe.mount, destroy: stripe.destroy }) }),
      confirmSetup: stripe.confirmSetup,
    }),
}));

const onEntered = vi.fn();

async function opened() {
  const form = render(
    <IntlProvider load={loadMessages}>
      <StripeCardForm publishableKey="pk" clientSecret="secret" onEntered={onEntered} />
    </IntlProvider>,
  );
  const add = await screen.findByRole("button", { name: "Add a card" });
  await vi.waitFor(() => expect(add.hasAttribute("disabled")).toBe(false));
  return { form, add };
}

beforeEach(() => {
  vi.clearAllMocks();
  act(() => setLanguage("en"));
});
afterEach(cleanup);

test("another language keeps the form, with what was entered, and changes its words", async () => {
  const { form } = await opened();
  act(() => setLanguage("fr"));
  await screen.findByRole("button", { name: "Ajouter une carte" });
  await vi.waitFor(() => expect(stripe.update).toHaveBeenCalledWith({ locale: "fr" }));
  expect(stripe.mount).toHaveBeenCalledOnce();
  form.unmount();
  expect(stripe.destroy).toHaveBeenCalledOnce();
});

test("a lost connection is told, and the card can be added again", async () => {
  const { add } = await opened();
  stripe.confirmSetup.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  fireEvent.click(add);
  await screen.findByText(/could not be saved/u);
  stripe.confirmSetup.mockResolvedValueOnce({ setupIntent: { id: "seti_1" } });
  fireEvent.click(add);
  await vi.waitFor(() => expect(onEntered).toHaveBeenCalledExactlyOnceWith("seti_1"));
  expect(screen.queryByText(/could not be saved/u)).toBeNull();
});

test("a card that Stripe has confirmed, although its response was lost, is entered", async () => {
  const { add } = await opened();
  stripe.confirmSetup.mockResolvedValueOnce({ error: { code: "setup_intent_unexpected_state", message: "unexpected", setup_intent: { id: "seti_1", status: "succeeded" } } });
  fireEvent.click(add);
  await vi.waitFor(() => expect(onEntered).toHaveBeenCalledExactlyOnceWith("seti_1"));
});

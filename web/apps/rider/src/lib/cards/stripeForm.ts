import type { Stripe } from "@stripe/stripe-js";

/** Loads Stripe's script, which Stripe serves; only where there is a publishable key. */
export async function loadStripeForm(publishableKey: string): Promise<Stripe> {
  const { loadStripe } = await import("@stripe/stripe-js/pure");
  const stripe = await loadStripe(publishableKey);
  if (!stripe) throw new Error("Stripe's script did not load");
  return stripe;
}

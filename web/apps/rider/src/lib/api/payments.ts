import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { CardSetup, PaymentMethod } from "./types.ts";

export const paymentQueries = {
  all: () => ["payments"] as const,
  cards: () => queryOptions({ queryKey: [...paymentQueries.all(), "cards"], queryFn: async () => (await http.get<{ items: PaymentMethod[] }>("/me/payment-methods")).data.items }),
  /** The begun entry of a card; a new one each time. */
  setup: () => queryOptions({ queryKey: [...paymentQueries.all(), "setup"], queryFn: async () => (await http.post<CardSetup>("/me/payment-methods/setup")).data, gcTime: 0, staleTime: Infinity, retry: false }),
};

/** Keeps a card that Stripe knows; repeated with the same key it is kept once. */
export const addCard = async (stripePaymentMethod: string, key: string): Promise<PaymentMethod> =>
  (await http.post<PaymentMethod>("/me/payment-methods", { stripe_payment_method: stripePaymentMethod }, { headers: { "Idempotency-Key": key } })).data;

export const removeCard = async (id: string): Promise<void> => {
  await http.delete(`/me/payment-methods/${encodeURIComponent(id)}`);
};

import { expect, test } from "vitest";

import { chargeOf } from "./charge.ts";

const rescue = (price: number | null, payment: { status?: string; captured_minor?: number; refunded_minor?: number } = {}) => ({
  price_minor: price,
  payment: { status: "captured", captured_minor: 0, refunded_minor: 0, ...payment },
  quote: { id: "quo_1", items: [], total_minor: 3_200, currency: "CAD" },
});

test("what was delivered costs the quote", () => expect(chargeOf(rescue(3_200, { captured_minor: 3_200 }), "delivered")).toEqual({ kind: "quote", owed: 3_200, state: "charged" }));

test("a cancellation without a fee costs nothing", () => expect(chargeOf(rescue(0, { status: "released" }), "cancelled")).toEqual({ kind: "nothing", owed: 0, state: "nothing" }));

test("a fee is named", () => expect(chargeOf(rescue(700, { captured_minor: 700 }), "cancelled")).toEqual({ kind: "cancelled", owed: 700, state: "charged" }));

test("a payment that is not done is not called done", () => {
  expect(chargeOf(rescue(3_200, { status: "capturing" }), "delivered").state).toBe("pending");
  expect(chargeOf(rescue(3_200, { status: "failed" }), "delivered").state).toBe("failed");
  expect(chargeOf(rescue(3_200, { captured_minor: 3_200, refunded_minor: 1_000 }), "delivered").state).toBe("partlyRefunded");
  expect(chargeOf(rescue(3_200, { captured_minor: 3_200, refunded_minor: 3_200 }), "delivered").state).toBe("refunded");
});

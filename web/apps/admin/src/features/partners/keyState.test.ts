import { describe, expect, it } from "vitest";

import { expiryOf, keyState } from "./keyState.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const key = (changes: object) => ({ expires_at: null, revoked_at: null, rotated_to: null, ...changes });

describe("the state of a key", () => {
  it.each([
    ["active", {}],
    ["active", { expires_at: "2026-06-02T12:00:00Z" }],
    ["expiring", { expires_at: "2026-03-10T12:00:00Z" }],
    ["expired", { expires_at: "2026-03-02T12:00:00Z" }],
    ["ending", { expires_at: "2026-03-03T12:00:00Z", rotated_to: "key_2" }],
    ["expired", { expires_at: "2026-03-01T12:00:00Z", rotated_to: "key_2" }],
    ["revoked", { revoked_at: "2026-03-01T12:00:00Z", expires_at: "2026-03-01T12:00:00Z" }],
  ] as const)("is %s", (state, changes) => {
    expect(keyState(key(changes), NOW)).toBe(state);
  });
});

describe("the expiry of a new key", () => {
  it("counts days from now", () => expect(expiryOf("30", "", NOW)).toBe("2026-04-01T12:00:00.000Z"));
  it("may be never", () => expect(expiryOf("never", "2026-03-05", NOW)).toBeNull());
  it("is the end of the day that was chosen, in the time zone of the browser", () => {
    expect(new Date(expiryOf("date", "2026-03-05", NOW) ?? "").toString()).toBe(new Date("2026-03-06T00:00:00").toString());
  });
});

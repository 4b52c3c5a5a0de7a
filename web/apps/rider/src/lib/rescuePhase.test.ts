import { expect, test } from "vitest";

import type { Rescue, TimelineEntry } from "./api/types.ts";
import { givenUp, hasDriver, mayCancel, mayRate, needsPin, type Phase, phaseOf, searchBegan, secondsToStop } from "./rescuePhase.ts";

const entry = (from: TimelineEntry["from"], to: TimelineEntry["to"], at = "2026-05-01T10:00:00Z"): TimelineEntry => ({ at, from, to, actor: { role: "system" }, version: 1 });

const rescue = (status: Rescue["status"], more: Partial<Rescue> = {}): Rescue =>
  ({ status, payment: { status: "held", captured_minor: 0, refunded_minor: 0 }, ...more }) as Rescue;

test.each<[Phase, Rescue, TimelineEntry[]]>([
  ["scheduled", rescue("scheduled"), []],
  ["holdingCard", rescue("requested"), []],
  ["confirmingCard", rescue("requested", { payment: { status: "requires_action", captured_minor: 0, refunded_minor: 0 } }), []],
  ["searching", rescue("matching"), [entry("requested", "matching")]],
  ["searchingAgain", rescue("matching"), [entry("requested", "matching"), entry("en_route", "matching")]],
  ["promised", rescue("assigned", { queued_behind: "rsc_1" }), []],
  ["assigned", rescue("assigned"), []],
  ["arrived", rescue("arrived"), []],
  ["fixProposed", rescue("arrived", { fix: { price_minor: 1_500 } }), []],
  ["fixProposed", rescue("arrived", { fix: { price_minor: 1_500, confirmed_minor: 1_200 } }), []],
  ["fixAgreed", rescue("arrived", { fix: { price_minor: 1_500, confirmed_minor: 1_500 } }), []],
  ["arrived", rescue("arrived", { fix: { confirmed_minor: 1_500 } }), []],
  ["delivered", rescue("completed"), [entry("arrived", "in_transit"), entry("in_transit", "completed")]],
  ["fixedOnSpot", rescue("completed"), [entry("arrived", "completed")]],
  ["delivered", rescue("completed"), []],
  ["delivered", rescue("completed"), [entry("matching", "assigned")]], // a timeline that is older than the rescue
])("%s", (phase, of, timeline) => expect(phaseOf(of, timeline)).toBe(phase));

test("what a rider may do depends on the phase", () => {
  expect([needsPin("enRoute"), needsPin("inTransit")]).toEqual([true, false]);
  expect([mayCancel("searching"), mayCancel("inTransit"), mayCancel("delivered")]).toEqual([true, false, false]);
  expect([hasDriver("searching"), hasDriver("promised")]).toEqual([false, true]);
  expect([mayRate("aborted"), mayRate("cancelled")]).toEqual([true, false]);
});

test("a search that begins again counts from its own beginning", () => {
  const timeline = [entry("requested", "matching", "2026-05-01T10:00:00Z"), entry("en_route", "matching", "2026-05-01T10:05:00Z")];
  expect(searchBegan(timeline)).toBe("2026-05-01T10:05:00Z");
  expect(givenUp(timeline)).toBe(1);
  expect(searchBegan([...timeline, entry("matching", "assigned")])).toBeNull();
});

test("the time to the stop counts down from the newest estimate", () => {
  const now = Date.parse("2026-05-01T10:01:00Z");
  expect(secondsToStop({ status: "en_route", eta_seconds: 600 }, "2026-05-01T10:00:00Z", null, now)).toBe(540);
  expect(secondsToStop({ status: "en_route", eta_seconds: 600 }, "2026-05-01T10:00:00Z", { eta_seconds: 200, at: "2026-05-01T10:00:50Z" }, now)).toBe(190);
  expect(secondsToStop({ status: "en_route", eta_seconds: 10 }, "2026-05-01T10:00:00Z", null, now)).toBe(0);
  expect(secondsToStop({ status: "assigned" }, null, null, now)).toBeNull();
});

test("on the way to the destination the time to the pickup is not shown as the time to the destination", () => {
  const now = Date.parse("2026-05-01T10:01:00Z");
  const loaded = { status: "in_transit", eta_seconds: 0 } as const; // as the platform leaves it after the arrival
  const loadedAt = "2026-05-01T10:00:30Z";
  expect(secondsToStop(loaded, loadedAt, null, now)).toBeNull();
  expect(secondsToStop(loaded, loadedAt, { eta_seconds: 0, at: "2026-05-01T10:00:20Z" }, now)).toBeNull(); // before it was loaded
  expect(secondsToStop(loaded, loadedAt, { eta_seconds: 500, at: "2026-05-01T10:00:50Z" }, now)).toBe(490);
});

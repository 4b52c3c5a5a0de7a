// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import type { LiveRescue } from "../../lib/liveRescues.ts";
import type { Truck } from "../../lib/trucks.ts";
import { tooltipElement, tooltipOf } from "./tooltip.ts";

const RESCUE: LiveRescue = { id: "res_qc_000001", status: "en_route", version: 3, requested_at: "2026-03-02T16:00:00Z" };
const RESCUES = new Map([[RESCUE.id, RESCUE]]);
const trucksWith = (overrides: Partial<Truck> = {}) => {
  const position = { lat: 45.52, lng: -73.58 };
  const truck: Truck = { id: "usr_1", ...position, animateFrom: position, receivedAt: 0, animationMs: 250, at: "", heading: 90, rescueId: RESCUE.id, etaSeconds: null, ...overrides };
  return new Map([[truck.id, truck]]);
};

describe("the tooltip", () => {
  it("shows a rescue with its status", () =>
    expect(tooltipOf("res_qc_000001", RESCUES, new Map())).toEqual({ title: "Rescue 000001", detail: "On the way" }));

  it("shows a truck with its rescue and its arrival time", () =>
    expect(tooltipOf("usr_1", RESCUES, trucksWith({ etaSeconds: 200 }))).toEqual({ title: "Truck of 000001", detail: "On the way · arrives in 3 min" }));

  it("shows a free truck", () => expect(tooltipOf("usr_1", RESCUES, trucksWith({ rescueId: null }))).toEqual({ title: "Free truck", detail: null }));

  it("is empty for what is not on the map any more", () => expect(tooltipOf("res_gone", RESCUES, new Map())).toBeNull());

  it("never renders its texts as HTML", () => {
    const element = tooltipElement({ title: "<b>", detail: "<i>" });
    expect(element.querySelectorAll("b, i")).toHaveLength(0);
    expect(element.textContent).toBe("<b><i>");
  });
});

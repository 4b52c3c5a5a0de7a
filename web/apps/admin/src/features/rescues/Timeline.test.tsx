// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import type { TimelineEntry } from "../../lib/api/types.ts";
import { MONTREAL } from "../../lib/testing/areas.ts";
import { AreaContext } from "../../lib/area.ts";
import { Timeline } from "./Timeline.tsx";

afterEach(cleanup);

const entry = (version: number, to: TimelineEntry["to"], at: string, role: string, reason: string | null = null): TimelineEntry =>
  ({ version, from: null, to, at, actor: { role, id: null }, reason });

it("says of which step it is not known that the driver was there", () => {
  render(
    <AreaContext.Provider value={MONTREAL}>
      <Timeline entries={[{ ...entry(5, "arrived", "2026-03-02T21:00:00Z", "driver"), unverified: "position_unknown" }]} />
    </AreaContext.Provider>,
  );
  expect(screen.getByText("Not verified: position unknown")).toBeTruthy();
});

it("lists the statuses in order, with actor, reason and time since the previous one", () => {
  render(
    <AreaContext.Provider value={MONTREAL}>
      <Timeline
        entries={[
          entry(3, "cancelled", "2026-03-02T21:01:30Z", "rider", "changed_mind"),
          entry(1, "requested", "2026-03-02T21:00:00Z", "rider"),
          entry(2, "matching", "2026-03-02T21:00:01Z", "system"),
        ]}
      />
    </AreaContext.Provider>,
  );
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "Checking card16:00:00by the rider",
    "Finding a driver16:00:01by the system · after 1 s",
    "Cancelled16:01:30by the rider · Changed mind · after 1 min",
  ]);
});

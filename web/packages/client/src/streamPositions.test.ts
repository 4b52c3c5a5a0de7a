import { describe, expect, it } from "vitest";

import { formatPosition, parsePosition, StreamPositions } from "./streamPositions.ts";

function positionsAt(cursor: string): StreamPositions {
  const positions = new StreamPositions();
  positions.set("ops:montreal", parsePosition(cursor));
  return positions;
}

describe("StreamPositions", () => {
  it("accepts each event of a stream once, in order", () => {
    const positions = positionsAt("e1:4");
    expect(positions.advance("ops:montreal", "e1:5")).toBe("next");
    expect(positions.advance("ops:montreal", "e1:5")).toBe("duplicate");
    expect(positions.advance("ops:montreal", "e1:6")).toBe("next");
    expect(positions.toCursors()).toEqual({ "ops:montreal": "e1:6" });
  });

  it("detects a gap and does not move past it", () => {
    const positions = positionsAt("e1:4");
    expect(positions.advance("ops:montreal", "e1:7")).toBe("gap");
    expect(positions.toCursors()).toEqual({ "ops:montreal": "e1:4" });
  });

  it("reports a reset when the epoch changes", () => {
    const positions = positionsAt("e1:4");
    expect(positions.advance("ops:montreal", "e2:1")).toBe("reset");
    expect(positions.compareWithLatest("ops:montreal", "e2:0")).toBe("reset");
  });

  it("detects from the latest position that the last event was lost", () => {
    const positions = positionsAt("e1:4");
    expect(positions.compareWithLatest("ops:montreal", "e1:4")).toBe("duplicate");
    expect(positions.compareWithLatest("ops:montreal", "e1:5")).toBe("gap");
  });
});

describe("a cursor", () => {
  it("has its offset after the last colon", () => {
    expect(parsePosition("a:b:12")).toEqual({ epoch: "a:b", offset: 12 });
  });

  it("is written as it is read", () => {
    expect(formatPosition(parsePosition("a:b:12"))).toBe("a:b:12");
  });
});

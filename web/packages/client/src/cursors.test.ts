import { describe, expect, it } from "vitest";

import { Cursors, parseCursor } from "./cursors.ts";

describe("Cursors", () => {
  it("takes the events of a stream in order, once", () => {
    const cursors = new Cursors();
    cursors.start("ops:montreal", "e1:4");
    expect(cursors.take("ops:montreal", "e1:5")).toBe("apply");
    expect(cursors.take("ops:montreal", "e1:5")).toBe("repeat");
    expect(cursors.take("ops:montreal", "e1:6")).toBe("apply");
    expect(cursors.since()).toEqual({ "ops:montreal": "e1:6" });
  });

  it("notices a gap and does not move past it", () => {
    const cursors = new Cursors();
    cursors.start("ops:montreal", "e1:4");
    expect(cursors.take("ops:montreal", "e1:7")).toBe("gap");
    expect(cursors.since()).toEqual({ "ops:montreal": "e1:4" });
  });

  it("answers reset to another epoch", () => {
    const cursors = new Cursors();
    cursors.start("ops:montreal", "e1:4");
    expect(cursors.take("ops:montreal", "e2:1")).toBe("reset");
    expect(cursors.head("ops:montreal", "e2:0")).toBe("reset");
  });

  it("notices from a head that the last event was lost", () => {
    const cursors = new Cursors();
    cursors.start("ops:montreal", "e1:4");
    expect(cursors.head("ops:montreal", "e1:4")).toBe("repeat");
    expect(cursors.head("ops:montreal", "e1:5")).toBe("gap");
  });

  it("reads the number after the last colon", () => {
    expect(parseCursor("a:b:12")).toEqual({ epoch: "a:b", seq: 12 });
  });
});

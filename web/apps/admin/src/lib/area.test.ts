import { expect, it } from "vitest";

import { MONTREAL } from "./area.fixture.ts";
import { boundsOf } from "./area.ts";

it("has the bounds of its boundary", () => expect(boundsOf(MONTREAL)).toEqual([-73.75, 45.44, -73.5, 45.62]));

import { expect, it } from "vitest";

import { MONTREAL } from "./testing/areas.ts";
import { boundsOf } from "./area.ts";

it("computes the bounds of an area", () => expect(boundsOf(MONTREAL)).toEqual([-73.75, 45.44, -73.5, 45.62]));

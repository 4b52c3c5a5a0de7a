import { describe, expect, it } from "vitest";

import { parseSearch, stringifySearch, validateSearch } from "./search.ts";

describe("the query string", () => {
  it.each([
    ["?area=montreal&tab=ended", { tab: "ended", area: "montreal" }],
    ["?area=1", { area: "1" }],
    ["", {}],
  ])("%o is read and written unchanged", (query, search) => {
    expect(parseSearch(query)).toEqual(search);
    expect(stringifySearch(search)).toBe(query);
  });

  it("leaves out what is undefined", () => expect(stringifySearch({ tab: undefined, area: "montreal" })).toBe("?area=montreal"));

  it.each([
    [{ tab: "live" }, {}],
    [{ tab: "none", area: "" }, {}],
    [{ tab: "ended", area: "québec", other: "x" }, { tab: "ended", area: "québec" }],
  ])("%o is reduced to what is valid", (search, expected) => expect(validateSearch(search)).toEqual(expected));
});

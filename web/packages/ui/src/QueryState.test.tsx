// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { type QueryResult, QueryState } from "./QueryState.tsx";

const QUERY: QueryResult<string> = { data: undefined, isError: false, error: null, fetchStatus: "fetching", refetch: () => Promise.resolve() };

const show = (query: Partial<QueryResult<string>>) => render(<QueryState query={{ ...QUERY, ...query }}>{(data) => <p>{data}</p>}</QueryState>);

afterEach(cleanup);

test("what waits for a network says so, instead of loading for ever", () => {
  show({ fetchStatus: "paused" });
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
  cleanup();
  show({});
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  show({ data: "here", fetchStatus: "paused" });
  expect(screen.getByText("here")).toBeDefined();
});

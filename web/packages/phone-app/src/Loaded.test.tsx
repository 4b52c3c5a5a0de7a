// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { cleanup, render, screen } from "@testing-library/react";
import { AxiosError } from "axios";
import { afterEach, expect, test } from "vitest";

import { Loaded, type LoadedQuery } from "./Loaded.tsx";
import { texts } from "./texts/en.ts";

afterEach(cleanup);

const QUERY: LoadedQuery<string> = { data: undefined, isError: false, error: null, fetchStatus: "fetching", refetch: () => Promise.resolve() };

async function show(query: Partial<LoadedQuery<string>>) {
  render(
    <IntlProvider load={() => Promise.resolve({ ...texts, errors: { unknown: "Something went wrong" } })}>
      <Loaded query={{ ...QUERY, ...query }}>{(data) => <p>{data}</p>}</Loaded>
    </IntlProvider>,
  );
  return (await screen.findByRole(query.data ? "paragraph" : query.isError || query.fetchStatus === "paused" ? "alert" : "status")).textContent;
}

test("what waits for a network says that there is none, as a request that got no answer does", async () => {
  const failed = await show({ isError: true, error: new AxiosError("Network Error") });
  cleanup();
  expect(await show({ fetchStatus: "paused" })).toBe(failed);
});

test("what was loaded before stays without a network", async () => {
  expect(await show({ data: "here", fetchStatus: "paused" })).toBe("here");
});

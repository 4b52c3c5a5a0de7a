import { QueryClient } from "@tanstack/react-query";
import { AxiosHeaders } from "axios";
import { expect, test, vi } from "vitest";

import { http } from "../session.ts";
import { approveDriver, driverQueries } from "./drivers.ts";

const OLDER = { id: "usr_1", application_state: "submitted" };
const answer = (data: unknown) => ({ data, headers: new AxiosHeaders({ etag: '"3"' }) });

test("a platform of the release before, which does not say what waits, says that nothing does", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const get = vi.spyOn(http, "get").mockResolvedValue(answer({ items: [OLDER], next_cursor: null }));
  for (const list of [driverQueries.list("pending", undefined), driverQueries.queue()]) {
    const { pages } = await client.infiniteQuery(list as ReturnType<typeof driverQueries.queue>);
    expect(pages[0]?.items).toEqual([{ ...OLDER, attention: [] }]);
  }
  get.mockResolvedValue(answer(OLDER));
  expect(await client.query(driverQueries.detail("usr_1"))).toEqual({ driver: { ...OLDER, attention: [] }, etag: '"3"' });
  vi.spyOn(http, "post").mockResolvedValue(answer(OLDER));
  expect((await approveDriver("usr_1")).driver.attention).toEqual([]);
});

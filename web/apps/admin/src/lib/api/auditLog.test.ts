import { afterEach, expect, test, vi } from "vitest";

import { http } from "../session.ts";
import { auditLogQueries } from "./auditLog.ts";

afterEach(() => vi.unstubAllEnvs());

test("the last day ends with the day, also when the clocks change on it", async () => {
  vi.stubEnv("TZ", "America/Toronto");
  const get = vi.spyOn(http, "get").mockResolvedValue({ data: { items: [] } });
  const { queryFn } = auditLogQueries.list({ since: "2026-03-08", until: "2026-03-08" });
  await (queryFn as (context: { pageParam: undefined }) => Promise<unknown>)({ pageParam: undefined });
  expect(get.mock.calls[0]?.[1]?.params).toMatchObject({ since: "2026-03-08T05:00:00.000Z", until: "2026-03-09T04:00:00.000Z" }); // 23 hours
});

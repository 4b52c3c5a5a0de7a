import { AxiosError, AxiosHeaders } from "axios";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { createQueryClient } from "./queryClient.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const httpError = (status: number) =>
  new AxiosError("", "", undefined, null, { status, data: null, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

it.each([
  ["a response with status 404", 1, httpError(404)],
  ["a response with status 429", 3, httpError(429)],
  ["a response with status 503", 3, httpError(503)],
  ["no response", 3, new AxiosError("Network Error")],
])("with %s a query is attempted %d time(s) in all", async (_case, attempts, error) => {
  const queryFn = vi.fn(() => Promise.reject(error));
  const result = createQueryClient().query({ queryKey: ["test"], queryFn }).catch(String);
  await vi.advanceTimersByTimeAsync(10_000);
  await result;
  expect(queryFn).toHaveBeenCalledTimes(attempts);
});

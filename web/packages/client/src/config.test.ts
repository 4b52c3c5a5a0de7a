import axios from "axios";
import { beforeEach, expect, test, vi } from "vitest";

const CONFIG = { realtime_url: "https://live.example" };

let fetchConfig: (typeof import("./config.ts"))["fetchConfig"];

beforeEach(async () => {
  vi.restoreAllMocks();
  vi.resetModules(); // each test is a page of its own
  ({ fetchConfig } = await import("./config.ts"));
});

test("all parts of a page share one request for the configuration", async () => {
  const get = vi.spyOn(axios, "get").mockResolvedValue({ data: CONFIG });
  expect(await Promise.all([fetchConfig(), fetchConfig()])).toEqual([CONFIG, CONFIG]);
  expect(await fetchConfig()).toBe(CONFIG);
  expect(get).toHaveBeenCalledTimes(1);
});

test("after a failure it is asked for again", async () => {
  const get = vi.spyOn(axios, "get").mockRejectedValueOnce(new Error("no network")).mockResolvedValue({ data: CONFIG });
  await expect(fetchConfig()).rejects.toThrow("no network");
  expect(await fetchConfig()).toBe(CONFIG);
  expect(get).toHaveBeenCalledTimes(2);
});

import { readFileSync } from "node:fs";

import axios, { AxiosError } from "axios";
import { expect, test } from "vitest";

import { createHttpClient } from "./http.ts";
import { keepKeys } from "./repeats.ts";

const PLACE = { name: "Home", lat: 45.5, lng: -73.6 };

/** A client whose server answers with these statuses, one after another; 0: the response is lost. */
function client(...statuses: number[]) {
  const keys: unknown[] = [];
  const adapter: NonNullable<Parameters<typeof axios.create>[0]>["adapter"] = (config) => {
    keys.push(config.headers.get("Idempotency-Key"));
    const status = statuses.shift() ?? 201;
    const response = { status, data: { code: "unauthenticated", detail: "" }, statusText: "", headers: {}, config };
    if (status === 0) return Promise.reject(new AxiosError("Network Error", "ERR_NETWORK", config));
    return status < 400 ? Promise.resolve(response) : Promise.reject(new AxiosError("", String(status), config, null, response));
  };
  const http = axios.create({ adapter });
  keepKeys(http);
  const post = (url: string, body: object = PLACE) => http.post(url, body).catch(() => undefined);
  return { http, adapter, keys, post };
}

test.each([0, 503, 408])("what was sent with an unknown outcome (%i) is repeated with its key", async (status) => {
  const { keys, post } = client(status, 201, 201);
  await post("/me/places");
  await post("/me/places");
  await post("/me/places"); // another place of the same name, which the person adds on purpose
  expect(keys[0]).toMatch(/^[\w-]{36}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("a price that is asked for again after a lost response is the same quote, the next one another", async () => {
  const { keys, post } = client(0, 201, 201);
  for (let times = 0; times < 3; times += 1) await post("/quotes", { problem: "flat_tire" });
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("what was refused, or is another thing, has a new key", async () => {
  const { keys, post } = client(422, 0, 201);
  await post("/me/bikes");
  await post("/me/bikes");
  await post("/me/bikes", { ...PLACE, name: "Work" });
  expect(new Set(keys).size).toBe(3);
});

test("a request that gives its own key, or creates nothing, is left alone", async () => {
  const { http, keys, post } = client();
  await http.post("/me/payment-methods", {}, { headers: { "Idempotency-Key": "mine" } });
  await post("/rescues/res_1/cancellation");
  expect(keys).toEqual(["mine", undefined]);
});

test("a request that is sent again with a new access token keeps its key", async () => {
  const { adapter, keys } = client(401, 200, 201);
  const { http } = createHttpClient("rider", { read: () => "t", write: () => undefined }, () => undefined, { adapter });
  await http.post("/me/vehicles", { plate: "A" });
  expect(keys[1]).toBeUndefined(); // the refresh
  expect(keys[2]).toBe(keys[0]);
  expect(keys[0]).toMatch(/^[\w-]{36}$/);
});

interface Operation {
  parameters?: { name?: string; $ref?: string }[];
}

// Their keys outlive the page: those of the queue of actions, of photos and other files, and of the request for a rescue.
const WITH_A_KEY_OF_THEIR_OWN = ["/rescues", "/rescues/{rescue_id}/messages", "/rescues/{rescue_id}/photos", "/me/uploads"];

test("every route that creates something by a key is sent one", async () => {
  const { paths } = JSON.parse(readFileSync(new URL("../../../../docs/openapi.json", import.meta.url), "utf8")) as { paths: Record<string, { post?: Operation }> };
  const takeKeys = Object.entries(paths).filter(([, { post }]) => post?.parameters?.some(({ name, $ref }) => (name ?? $ref ?? "").includes("dempotency")));
  expect(takeKeys.length).toBeGreaterThan(WITH_A_KEY_OF_THEIR_OWN.length);
  const without: string[] = [];
  for (const [path] of takeKeys.filter(([known]) => !WITH_A_KEY_OF_THEIR_OWN.includes(known))) {
    const { keys, post } = client();
    await post(path.replaceAll(/\{[^}]+\}/g, "x_1"));
    if (!keys[0]) without.push(path);
  }
  expect(without).toEqual([]);
});

// @vitest-environment jsdom
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test } from "vitest";

import { cancellationOf, queue } from "./queue.ts";
import { http, useSession } from "./session.ts";

const platform = { feeMinor: 0, ended: false, cancelled: 0 };

function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const respond = (status: number, data: object): AxiosResponse => ({ data, status, statusText: "", headers: {}, config });
  if (config.method === "get") {
    if (platform.ended) return Promise.reject(new AxiosError("", "409", config, null, respond(409, { code: "invalid_transition", detail: "" })));
    return Promise.resolve(respond(200, { fee_minor: platform.feeMinor, free_until: null }));
  }
  platform.cancelled += 1;
  return Promise.resolve(respond(200, {}));
}

beforeEach(() => {
  Object.assign(platform, { feeMinor: 0, ended: false, cancelled: 0 });
  http.defaults.adapter = answer;
  useSession.setState({ token: `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.` });
});
afterEach(() => queue.clear());

const cancel = (agreed: number) => queue.perform(cancellationOf("res_1", "changed_my_mind", agreed));

test("a rider who was shown a fee pays at most that", async () => {
  platform.feeMinor = 700;
  expect(await cancel(700)).toBe("sent");
  expect(platform.cancelled).toBe(1);
});

test("a fee that has begun while the rider was deciding is for them to agree to first", async () => {
  platform.feeMinor = 700;
  await expect(cancel(0)).rejects.toMatchObject({ code: "cancelling_costs" });
  expect(platform.cancelled).toBe(0);
});

test("what an attempt with a lost response has cancelled stays cancelled", async () => {
  platform.ended = true;
  expect(await cancel(0)).toBe("sent");
});

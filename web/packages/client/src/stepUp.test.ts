import axios, { AxiosError, type InternalAxiosRequestConfig } from "axios";
import { describe, expect, it, vi } from "vitest";

import { createStepUp, repeatAfterStepUp } from "./stepUp.ts";

/** A server that refuses everything until a right code was sent, or, without `grants`, for ever. */
function setUp(grants = true) {
  const state = { confirmed: false, requests: [] as string[] };
  const stepUp = createStepUp((code) => {
    if (code !== "123456") return Promise.reject(new Error("wrong code"));
    state.confirmed = grants;
    return Promise.resolve();
  });
  const http = axios.create({
    adapter: (config: InternalAxiosRequestConfig) => {
      state.requests.push(`${config.method ?? ""} ${String(config.data)}`);
      const status = state.confirmed ? 200 : 403;
      const data = state.confirmed ? "done" : { code: "step_up_required", detail: "Confirm with a fresh code" };
      const response = { status, data, statusText: "", headers: {}, config };
      return state.confirmed ? Promise.resolve(response) : Promise.reject(new AxiosError("", "403", config, null, response));
    },
  });
  repeatAfterStepUp(http, stepUp);
  return { http, stepUp, state };
}

describe("a request that needs a step-up", () => {
  it("waits for the code, and is then sent again as it was", async () => {
    const { http, stepUp, state } = setUp();
    const response = http.put<string>("/admin/users/usr_1/roles", { roles: ["support"] });
    await vi.waitFor(() => expect(stepUp.isAsked()).toBe(true));
    await expect(stepUp.answer("000000")).rejects.toThrow("wrong code");
    expect(stepUp.isAsked()).toBe(true);
    await stepUp.answer("123456");
    expect((await response).data).toBe("done");
    expect(state.requests).toEqual(['put {"roles":["support"]}', 'put {"roles":["support"]}']);
    expect(stepUp.isAsked()).toBe(false);
  });

  it("fails with its own problem if the person cancels", async () => {
    const { http, stepUp, state } = setUp();
    const response = http.post("/refunds");
    await vi.waitFor(() => expect(stepUp.isAsked()).toBe(true));
    stepUp.cancel();
    await expect(response).rejects.toMatchObject({ response: { data: { code: "step_up_required" } } });
    expect(state.requests).toHaveLength(1);
  });

  it("asks once for all requests that wait", async () => {
    const { http, stepUp } = setUp();
    const asked = vi.fn();
    stepUp.subscribe(asked);
    const responses = Promise.all([http.post("/a"), http.post("/b")]);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    await stepUp.answer("123456");
    expect((await responses).map(({ data }) => data as string)).toEqual(["done", "done"]);
  });

  it("is not sent a third time", async () => {
    const { http, stepUp, state } = setUp(false);
    const response = http.post("/a");
    await vi.waitFor(() => expect(stepUp.isAsked()).toBe(true));
    await stepUp.answer("123456");
    await expect(response).rejects.toThrow();
    expect(state.requests).toHaveLength(2);
  });
});

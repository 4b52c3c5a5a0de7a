// @vitest-environment jsdom
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { beforeEach, expect, test } from "vitest";

import { requestOnce } from "./requestOnce.ts";
import { useRequest } from "./requestStore.ts";
import { http, useSession } from "./session.ts";

const wanted = (quoteId: string) => ({ quote_id: quoteId, payment_method_id: "pm_1", note: null });
const rescue = (quoteId: string, status: string) => ({ id: `res_${quoteId}`, status, quote: { id: quoteId } });

/** What the platform has, whether it can be reached, and with what it refuses a request. */
let made: ReturnType<typeof rescue>[];
let lost: "nothing" | "response" | "request";
let refusal: number | null;
const keys: unknown[] = [];

beforeEach(() => {
  made = [];
  lost = "nothing";
  refusal = null;
  keys.length = 0;
  useSession.setState({ token: "a.token" });
  useRequest.getState().clear();
  http.defaults.adapter = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
    const answer = (status: number, data: unknown): AxiosResponse => ({ data, status, statusText: "", headers: {}, config });
    const gone = () => Promise.reject(new AxiosError("network", "ERR_NETWORK", config));
    if (lost === "request") return gone();
    if (config.method === "get") return Promise.resolve(answer(200, { items: made }));
    keys.push(config.headers.get("Idempotency-Key"));
    if (refusal !== null) return Promise.reject(new AxiosError("refused", String(refusal), config, null, answer(refusal, { code: "card_declined", detail: "" })));
    const { quote_id } = JSON.parse(String(config.data)) as { quote_id: string };
    const created = rescue(quote_id, "scheduled");
    made = [created, ...made];
    return lost === "response" ? gone() : Promise.resolve(answer(201, created));
  };
});

test("a rider whose request arrived, although its response was lost, is not booked again with the renewed quote", async () => {
  lost = "response";
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  lost = "nothing";
  expect(await requestOnce(wanted("quo_2"))).toEqual({ rescue: rescue("quo_1", "scheduled"), found: true });
  expect(made).toHaveLength(1);
  expect(await requestOnce(wanted("quo_2"))).toMatchObject({ rescue: { id: "res_quo_2" }, found: false }); // another booking, wanted by the rider
});

test("a request that did not arrive is made with the renewed quote", async () => {
  lost = "request";
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  lost = "nothing";
  expect(await requestOnce(wanted("quo_2"))).toMatchObject({ rescue: { id: "res_quo_2" }, found: false });
});

test("what came of the first request and is over is not what the rider asks for", async () => {
  lost = "response";
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  lost = "nothing";
  made = [rescue("quo_1", "cancelled")];
  expect(await requestOnce(wanted("quo_2"))).toMatchObject({ rescue: { id: "res_quo_2" }, found: false });
});

test("while the platform can't be asked, nothing new is requested", async () => {
  lost = "response";
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  lost = "request";
  await expect(requestOnce(wanted("quo_2"))).rejects.toThrow();
  lost = "nothing";
  expect(await requestOnce(wanted("quo_2"))).toMatchObject({ rescue: { id: "res_quo_1" }, found: true });
});

test("the same request has the same key until it is answered; a refused one is another the next time", async () => {
  lost = "response";
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  lost = "nothing";
  refusal = 402;
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  await expect(requestOnce(wanted("quo_1"))).rejects.toThrow();
  expect(keys[0]).toBe(keys[1]);
  expect(keys[1]).not.toBe(keys[2]);
});

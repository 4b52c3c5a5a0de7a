// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";

import { pathTemplate, spanExporter, spanOf } from "./spans.ts";

const ended = { traceId: "a".repeat(32), spanId: "b".repeat(16), began: 1_700_000_000_000, method: "GET", path: "/rescues/res_01abc/messages?after=5145550100", status: 200 };

describe("the span of a request", () => {
  it("names the route and never what stood in its place", () => {
    expect(pathTemplate("/rescues/res_01abc/messages?cursor=x#y")).toBe("/rescues/{id}/messages");
    expect(pathTemplate("/users/+15145550100")).toBe("/users/{id}");
    expect(pathTemplate("/me/saved-places")).toBe("/me/saved-places");
  });

  it("has its ids and times in OTLP's form", () => {
    expect(spanOf(ended, ended.began + 250)).toMatchObject({
      traceId: ended.traceId,
      name: "GET /rescues/{id}/messages",
      startTimeUnixNano: "1700000000000000000",
      endTimeUnixNano: "1700000000250000000",
      status: {},
    });
    expect(spanOf({ ...ended, status: 0 }, ended.began).status).toEqual({ code: 2 });
  });
});

describe("the export of spans", () => {
  afterEach(() => vi.useRealTimers());

  it("sends those of some seconds together, without cookies, and forgets what cannot be sent", async () => {
    vi.useFakeTimers();
    const send = vi.fn<typeof fetch>().mockRejectedValue(new Error("no network"));
    const add = spanExporter("https://otlp.example/v1/traces", send);
    for (let n = 0; n < 60; n++) add(ended);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(send).toHaveBeenCalledOnce();
    const [url, options] = send.mock.lastCall ?? [];
    expect(url).toBe("https://otlp.example/v1/traces");
    expect(options).toMatchObject({ method: "POST", credentials: "omit" });
    const body = JSON.parse(options?.body as string) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
    expect(body.resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(50);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(send).toHaveBeenCalledOnce();
  });
});

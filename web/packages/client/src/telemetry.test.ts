import { AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import { beforeEach, describe, expect, it, vi } from "vitest";

const exported = vi.hoisted(() => vi.fn());
vi.mock("./spans.ts", () => ({ spanExporter: () => exported }));

type Telemetry = typeof import("./telemetry.ts");
type Http = typeof import("./http.ts");

/** Fresh modules: what an app tells of itself is decided once for a page. */
async function load(): Promise<{ telemetry: Telemetry; http: Http }> {
  vi.resetModules();
  return { telemetry: await import("./telemetry.ts"), http: await import("./http.ts") };
}

function clientOf({ createHttpClient }: Http) {
  const sent: InternalAxiosRequestConfig[] = [];
  const store = { read: () => null, write: () => undefined };
  const { http } = createHttpClient("rider", store, () => undefined, {
    adapter: async (config) => {
      sent.push(config);
      return Promise.resolve({ status: 201, data: null, statusText: "", headers: {}, config });
    },
  });
  return { http, sent };
}

const traceparentOf = (request: InternalAxiosRequestConfig | undefined) => AxiosHeaders.from(request?.headers).get("traceparent");

describe("the trace context of requests", () => {
  beforeEach(() => exported.mockClear());

  it("is absent unless the configuration says otherwise", async () => {
    const { telemetry, http } = await load();
    telemetry.startTelemetry({});
    const { http: client, sent } = clientOf(http);
    await client.post("/rescues");
    expect(traceparentOf(sent[0])).toBeUndefined();
  });

  it("is sent with the chosen share of requests, each with a trace of its own", async () => {
    const { telemetry, http } = await load();
    telemetry.startTelemetry({ tracing: { sample_ratio: 0.25 } });
    const random = vi.spyOn(Math, "random");
    const { http: client, sent } = clientOf(http);
    for (const chance of [0.1, 0.2, 0.3]) {
      random.mockReturnValueOnce(chance);
      await client.post("/rescues");
    }
    random.mockRestore();
    const headers = sent.map(traceparentOf);
    expect(headers[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(headers[1]).not.toBe(headers[0]);
    expect(headers[2]).toBeUndefined();
    expect(exported).not.toHaveBeenCalled();
  });

  it("is that of the span which the browser exports", async () => {
    const { telemetry, http } = await load();
    telemetry.startTelemetry({ tracing: { sample_ratio: 1, endpoint: "https://otlp.example/v1/traces" } });
    await vi.waitFor(async () => {
      const { http: client, sent } = clientOf(http);
      await client.post("/rescues");
      expect(exported).toHaveBeenCalled();
      const span = exported.mock.lastCall?.[0] as { traceId: string; spanId: string; status: number; path: string; method: string };
      expect(traceparentOf(sent[0])).toBe(`00-${span.traceId}-${span.spanId}-01`);
      expect([span.method, span.path, span.status]).toEqual(["POST", "/rescues", 201]);
    });
  });

  it("is sent without a session too, with sign-in and refresh, and never to another server", async () => {
    const { telemetry, http } = await load();
    const { default: axios } = await import("axios"); // the one that the fresh modules have
    telemetry.startTelemetry({ tracing: { sample_ratio: 1 } });
    const sent: InternalAxiosRequestConfig[] = [];
    const adapter = async (config: InternalAxiosRequestConfig) => {
      sent.push(config);
      return Promise.resolve({ status: 200, data: { access_token: "a1" }, statusText: "", headers: {}, config });
    };
    await axios.post("/api/v1/auth/sign-in", {}, { adapter });
    const { refresh } = http.createHttpClient("rider", { read: () => null, write: () => undefined }, () => undefined, { adapter });
    await refresh();
    await axios.post("https://bucket.example/photo", null, { adapter });
    await axios.get("/config.json", { adapter });
    const traced = sent.map((request) => [request.url, typeof traceparentOf(request) === "string"]);
    expect(traced).toEqual([
      ["/api/v1/auth/sign-in", true],
      ["/auth/refresh", true],
      ["https://bucket.example/photo", false],
      ["/config.json", false],
    ]);
  });
});

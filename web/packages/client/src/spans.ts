import type { EndedRequest } from "./telemetry.ts";

const WAIT_MS = 2_000;
const MOST_WAITING = 50;
const CLIENT_KIND = 3;
const ERROR_STATUS = 2;

/** The path with its ids, tokens and names left out: `/rescues/{id}/messages`. */
export const pathTemplate = (path: string) =>
  path
    .replace(/[?#].*$/, "")
    .split("/")
    .map((part) => (/^[a-z][a-z-]*$/.test(part) || part === "" ? part : "{id}"))
    .join("/");

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const nanoseconds = (milliseconds: number) => `${Math.round(milliseconds)}000000`;

/** The span of a request in OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export function spanOf(request: EndedRequest, now: number) {
  const template = pathTemplate(request.path);
  return {
    traceId: request.traceId,
    spanId: request.spanId,
    name: `${request.method} ${template}`,
    kind: CLIENT_KIND,
    startTimeUnixNano: nanoseconds(request.began),
    endTimeUnixNano: nanoseconds(now),
    attributes: [text("http.request.method", request.method), text("url.template", template), { key: "http.response.status_code", value: { intValue: String(request.status) } }],
    status: request.status >= 500 || request.status === 0 ? { code: ERROR_STATUS } : {},
  };
}

/** Sends the spans of traced requests to an endpoint (OTLP/HTTP, JSON), some at a time.  What cannot be sent is lost. */
export function spanExporter(endpoint: string, send: typeof fetch = fetch): (request: EndedRequest) => void {
  let waiting: ReturnType<typeof spanOf>[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const spans = waiting;
    waiting = [];
    const resource = { attributes: [text("service.name", "supportcarr-web")] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "supportcarr" }, spans }] }] });
    const options: RequestInit = { method: "POST", body, headers: { "content-type": "application/json" }, keepalive: true, credentials: "omit" };
    send(endpoint, options).catch(() => undefined);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") flush();
  });
  return (request) => {
    if (waiting.length < MOST_WAITING) waiting.push(spanOf(request, Date.now()));
    timer ??= setTimeout(flush, WAIT_MS);
  };
}

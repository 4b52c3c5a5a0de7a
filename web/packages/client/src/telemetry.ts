/**
 * What an app tells of itself, as `/config.json` says: the trace context of its requests, and errors.  Small, because
 * it is in the first load; whatever is larger is loaded when it is switched on.
 */

/** Absent in a configuration: nothing is traced, or nothing reported. */
export interface PublicTelemetry {
  tracing?: { sample_ratio: number; endpoint?: string | null } | null;
  error_reports?: { dsn: string; release: string; environment: string; sample_ratio: number; performance_ratio: number } | null;
}

/** A request that is traced: the ids of its trace and its span, and when it began (milliseconds since 1970). */
export interface TracedRequest {
  traceId: string;
  spanId: string;
  began: number;
}

/** A request that has ended; `status` 0: without a response. */
export interface EndedRequest extends TracedRequest {
  method: string;
  path: string;
  status: number;
}

let sampleRatio = 0;
let exportSpan: ((request: EndedRequest) => void) | null = null;
let sendError: ((error: unknown) => void) | null = null;
let started = false;

const hex = (bytes: number) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether this request is traced: some of them are. */
export function traced(): TracedRequest | null {
  if (sampleRatio === 0 || Math.random() >= sampleRatio) return null;
  return { traceId: hex(16), spanId: hex(8), began: Date.now() };
}

/** The header of a traced request (W3C Trace Context). */
export const traceparentOf = ({ traceId, spanId }: TracedRequest) => `00-${traceId}-${spanId}-01`;

/** A traced request has ended. */
export const ended = (request: EndedRequest) => exportSpan?.(request);

/** Reports an error that was caught and shown; others are found by themselves. */
export const report = (error: unknown) => sendError?.(error);

/** Does what the configuration says, once. */
export function startTelemetry(config: PublicTelemetry): void {
  if (started) return;
  started = true;
  sampleRatio = config.tracing?.sample_ratio ?? 0;
  const endpoint = config.tracing?.endpoint;
  if (endpoint) void import("./spans.ts").then(({ spanExporter }) => (exportSpan = spanExporter(endpoint)));
  const reports = config.error_reports;
  if (reports) void import("./errorReports.ts").then(({ startErrorReports }) => (sendError = startErrorReports(reports)));
}

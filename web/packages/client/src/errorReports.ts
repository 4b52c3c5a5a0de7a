import { captureEvent, captureException, dedupeIntegration, type ErrorEvent, globalHandlersIntegration, init, linkedErrorsIntegration } from "@sentry/browser";

import type { PublicTelemetry } from "./telemetry.ts";

type Options = NonNullable<PublicTelemetry["error_reports"]>;

const USER_KEY = "supportcarr.error-reports";

const MASKS: [RegExp, string][] = [
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]+)?/g, "[token]"],
  [/[^\s@"'<>(),;:]+@[^\s@"'<>(),;:]+\.[a-z]{2,}/gi, "[e-mail]"],
  [/(?<![\w.])-?\d{1,3}\.\d{3,}(?!\w)/g, "[decimal]"],
  [/\+\d[\d ().-]{6,}\d/g, "[number]"],
  [/(?<![\w.-])\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?![\w-])/g, "[number]"],
  [/'[^'\n]{4,}'|"[^"\n]{4,}"|`[^`\n]{4,}`|\{[^\n]*\}/g, "…"], // what a message quotes may be a name or an address
];

/** A message without what may be personal in it; as `kit/observability/masking.py` does it. */
export const masked = (message: string) => MASKS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), message);

/** The event as it is sent: no address of a page (links carry tokens), no header, no step that led to it. */
export function scrubbed(event: ErrorEvent): ErrorEvent {
  const kept = { ...event };
  delete kept.request;
  delete kept.breadcrumbs;
  delete kept.extra;
  for (const value of kept.exception?.values ?? []) {
    if (value.value) value.value = masked(value.value);
    for (const frame of value.stacktrace?.frames ?? []) {
      delete frame.vars;
      if (frame.filename) frame.filename = frame.filename.replace(/[?#].*$/, "");
    }
  }
  if (kept.message) kept.message = masked(kept.message);
  return kept;
}

/** The app that is served at a path. */
export const appAt = (path: string) => /^\/(driver|admin|track)(?:\/|$)/.exec(path)?.[1] ?? "rider";

/** A random name of this browser, by which Sentry counts how many people an error affects: whose it is nobody knows. */
function browserName(): string | null {
  try {
    const known = localStorage.getItem(USER_KEY) ?? crypto.randomUUID();
    localStorage.setItem(USER_KEY, known);
    return known;
  } catch {
    return null; // storage is blocked
  }
}

/** Reports errors of the page from now on; returns what reports an error that was caught. */
export function startErrorReports(options: Options): (error: unknown) => void {
  const name = browserName();
  init({
    dsn: options.dsn,
    release: options.release,
    environment: options.environment,
    sampleRate: options.sample_ratio,
    maxBreadcrumbs: 0,
    dataCollection: { userInfo: false }, // or the server would note the address that a report comes from
    defaultIntegrations: false,
    integrations: [globalHandlersIntegration(), linkedErrorsIntegration(), dedupeIntegration()],
    beforeSend: scrubbed,
    initialScope: { user: name === null ? {} : { id: name }, tags: { app: appAt(location.pathname) } },
  });
  if (Math.random() < options.performance_ratio) reportPageLoad();
  return (error) => captureException(error);
}

/** How long this page took to load, in Sentry's form of a transaction. */
function reportPageLoad(): void {
  const [load] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (!load) return;
  const began = performance.timeOrigin / 1000;
  const id = () => crypto.randomUUID().replaceAll("-", "");
  captureEvent({
    type: "transaction",
    transaction: "page load",
    transaction_info: { source: "custom" },
    start_timestamp: began,
    timestamp: began + (load.loadEventEnd || load.domContentLoadedEventEnd) / 1000,
    contexts: { trace: { trace_id: id(), span_id: id().slice(16), op: "pageload" } },
    measurements: { ttfb: { value: load.responseStart, unit: "millisecond" } },
    spans: [],
  });
}

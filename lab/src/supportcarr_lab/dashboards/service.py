"""Requests: their rate, their errors and their duration (RED), and the processes that answer them."""

from __future__ import annotations

from supportcarr_lab.dashboards.model import (
    RATE,
    Dashboard,
    Panel,
    Query,
    by_role,
    quantile,
    quantiles,
    rate,
    share_slower,
)

HTTP = "http_request_duration_seconds"
FAILED = rate("http_responses_total", labels='{status_class="5xx"}')

SERVICE = Dashboard(
    "service",
    "service",
    (
        Panel(
            "Requests",
            "follows the day of the city; the same hour of last week is about the same.",
            "a sudden fall with healthy processes means that clients do not reach the edge: look at the load"
            " balancer. A sudden rise of one route is often one client: see Refused.",
            (Query(rate(f"{HTTP}_count", "method"), "{{method}}"),),
            "reqps",
            stacked=True,
        ),
        Panel(
            "Share of errors",
            "below 0.1 % (the objective is 99.9 %).",
            "find the route in Errors by route, then its request_failed lines in the log by that"
            " route; 503 is a"
            " store or Redis that is away (Stores), 500 a bug.",
            (Query(f"{FAILED} / {rate('http_responses_total')}", "5xx"),),
            "percentunit",
            0.001,
        ),
        Panel(
            "Duration",
            "p95 below 200 ms, mostly below 20 ms.",
            "compare with Operations of the store and with Event loop lag: one of them is slow too, or there"
            " are too few processes.",
            quantiles(HTTP),
            "s",
            0.2,
        ),
        Panel(
            "Share slower than 200 ms",
            "below 5 %.",
            "see Slowest routes; the budget of the objective is being spent.",
            (Query(share_slower(HTTP, 0.2), "slower"),),
            "percentunit",
            0.05,
        ),
        Panel(
            "Slowest routes (p95)",
            "sign-in and sign-up lead, because a password hash takes its time; others are below 100 ms.",
            "a new route on top came with the last release, or reads too much: look at its handler.",
            (Query(f"topk(8, {quantile(0.95, HTTP, 'route')})", "{{route}}"),),
            "s",
            0.2,
        ),
        Panel(
            "Errors by route",
            "empty.",
            "one route: a bug or the service behind it. All routes: the store or Redis.",
            (
                Query(
                    f'topk(8, sum by (route, status) (rate({HTTP}_count{{status=~"5.."}}[{RATE}])))',
                    "{{route}} {{status}}",
                ),
            ),
            "reqps",
        ),
        Panel(
            "Answers by status",
            "mostly 200 and 201; 401 when access tokens expire; some 404 and 409.",
            "many 429: Refused. Many 401 at once: the clocks, or the signing keys (Keys and sessions).",
            (Query(rate(f"{HTTP}_count", "status"), "{{status}}"),),
            "reqps",
            stacked=True,
        ),
        Panel(
            "Refused",
            "0, but for a few rate limits.",
            "of one client: leave it. Slots or time-outs: the processes are overloaded, add some."
            " Without Redis:"
            " the runbook of Redis.",
            (
                Query(rate("http_requests_rate_limited_total"), "rate limit"),
                Query(rate("http_requests_rejected_of_client_total"), "slots of a client"),
                Query(rate("http_requests_rejected_total"), "no slot"),
                Query(rate("http_requests_timed_out_total"), "time-out"),
                Query(rate("http_requests_closed_without_redis_total"), "closed without Redis"),
                Query(rate("http_connections_refused_total"), "connections"),
            ),
            "reqps",
        ),
        Panel(
            "Rate limits without Redis",
            "0.",
            "Redis is away or slow; exact limits refuse requests meanwhile. See Real time: Redis.",
            (
                Query(rate("rate_limits_fallbacks_total"), "counted in the process"),
                Query(rate("rate_limits_closed_total"), "refused"),
            ),
            "ops",
        ),
        Panel(
            "Guesses refused",
            "a few per hour: people who mistype.",
            "many: somebody tries passwords or codes. They are slowed down; tell security if it lasts.",
            (
                Query(rate("guesses_refused_total"), "refused"),
                Query(rate("guesses_contended_total"), "lost races"),
            ),
            "ops",
        ),
        Panel(
            "Work in progress",
            "a few requests in flight; connections follow the number of people.",
            "many requests in flight and a rising duration: the processes are overloaded, or the store"
            " is slow.",
            (
                Query("sum(http_requests_in_flight)", "requests in flight"),
                Query("sum(http_connections_open)", "connections"),
                Query(
                    rate("http_connections_closed_for_others_total"), "connections closed for others, per s"
                ),
            ),
        ),
        Panel(
            "Event loop lag (p99)",
            "below 10 ms.",
            "something computes on the loop: a large answer, or too little CPU. CPU shows which role.",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le, role) (rate(event_loop_lag_seconds_bucket"
                    f"[{RATE}]) * on (instance) group_left (role) supportcarr_build_info))",
                    "{{role}}",
                ),
            ),
            "s",
            0.1,
        ),
        Panel(
            "CPU of a process",
            "below 0.65 on average: above that the autoscaler adds pods.",
            "at 1 a process is saturated, since it runs on one core: add processes, not cores.",
            (Query(by_role(f"rate(process_cpu_seconds_total[{RATE}])", "max"), "{{role}}, the busiest"),),
            "percentunit",
            1,
        ),
        Panel(
            "Memory of a process",
            "about 110 MB, up to 130 MB under load.",
            "steady growth over days is a leak: restart the process, keep its log, and report it.",
            (Query(by_role("process_resident_memory_bytes", "max"), "{{role}}, the largest"),),
            "bytes",
        ),
        Panel(
            "Open files",
            "far below what the process may have.",
            "near 1 connections fail: raise the limit, or find what does not close them.",
            (Query(by_role("process_open_fds / process_max_fds", "max"), "{{role}}"),),
            "percentunit",
            0.8,
        ),
        Panel(
            "Processes by version",
            "one version, but during a release.",
            "two versions for long: a release is stuck; see its workflow. Fewer processes than declared: see"
            " the pods.",
            (Query("count by (version, role) (supportcarr_build_info)", "{{role}} {{version}}"),),
            stacked=True,
        ),
        Panel(
            "Keys and sessions",
            "stale is 0, unpublished sessions are 0; two or three signing keys verify.",
            "stale is 1: Redis is away, and each request asks the store whether its session ended"
            " (slower, still"
            " correct).",
            (
                Query("max(revocation_stale)", "stale"),
                Query("sum(revocation_unpublished_sessions)", "unpublished sessions"),
                Query("max(signing_keys_verifying)", "signing keys that verify"),
                Query(rate("signing_keys_look_ups_total"), "unknown keys looked up, per s"),
                Query(rate("revocation_lookup_failures_total"), "failed look-ups, per s"),
                Query(rate("revocation_rebuilds_total"), "rebuilds, per s"),
            ),
        ),
        Panel(
            "Traces and error reports",
            "spans are exported, none dropped (where tracing is on); few errors are reported.",
            "dropped or waiting spans: the collector is away or slow. Many errors: look at them in Sentry.",
            (
                Query(rate("tracing_spans_exported_total"), "spans exported"),
                Query(rate("tracing_spans_dropped_total"), "spans dropped"),
                Query("sum(tracing_spans_waiting)", "spans that wait"),
                Query(rate("error_reports_events_total"), "errors reported"),
                Query(rate("error_reports_suppressed_total"), "errors not reported"),
            ),
            "ops",
        ),
    ),
)

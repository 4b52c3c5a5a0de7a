"""Payments: what is held, captured and given back."""

from __future__ import annotations

from supportcarr_lab.dashboards.business import REVENUE, hourly
from supportcarr_lab.dashboards.model import JOB_NAME, Dashboard, Panel, Query, quantile, rate

PAYMENTS, AMOUNTS = "payments_total", "payments_minor_units_total"
_HOLDS = hourly(PAYMENTS, labels='{kind="hold"}')
_FAILED_HOLDS = hourly(PAYMENTS, labels='{kind="hold",status="failed"}')
JOB = '{exported_job=~"payments.*"}'

MONEY = Dashboard(
    "money",
    "money",
    (
        Panel(
            "Revenue per hour",
            "follows completed rescues; in the currency's major units, refunds taken off.",
            "rescues are completed and nothing is captured: Payments that failed, then Jobs of payments.",
            (Query(REVENUE, "{{currency}}"),),
        ),
        Panel(
            "Amounts per hour",
            "captures are at most what was held; what is not captured is released.",
            "holds without captures or releases: jobs of payments wait (Background work).",
            (
                Query(
                    f"{hourly(AMOUNTS, 'kind, currency')} / 100",
                    "{{kind}} {{currency}}",
                ),
            ),
        ),
        Panel(
            "Payments per hour",
            "a hold for each request, a capture for each completed rescue.",
            "holds fall to 0 while rescues are requested: the provider does not answer, see its status page.",
            (Query(hourly(PAYMENTS, "kind", labels='{status="succeeded"}'), "{{kind}}"),),
        ),
        Panel(
            "Payments that failed, per hour",
            "a few holds: cards without funds.",
            "captures fail: money is lost after seven days; read last_error of the jobs and act now.",
            (
                Query(
                    hourly(PAYMENTS, "kind, status", labels='{status!="succeeded"}'),
                    "{{kind}} {{status}}",
                ),
            ),
        ),
        Panel(
            "Share of holds that fail",
            "below 10 %.",
            "a sudden rise is the provider or one bank; a slow one may be stolen cards being tried.",
            (
                Query(
                    f"{_FAILED_HOLDS} / {_HOLDS}",
                    "last hour",
                ),
            ),
            "percentunit",
            0.2,
        ),
        Panel(
            "Payments without an outcome",
            "a few holds and captures for seconds; requires_action while riders confirm at their banks.",
            "grows: the provider does not answer, or jobs of payments wait; supportcarr payments unresolved"
            " lists them.",
            (Query("max by (status) (payments_unresolved)", "{{status}}"),),
            limit=100,
        ),
        Panel(
            "Oldest payment without an outcome",
            "seconds; up to five minutes of requires_action, then the rescue is rejected.",
            "minutes: its job is a dead letter, or is repeated in vain: the runbook PaymentsUnresolved.",
            (Query("max by (status) (payments_oldest_unresolved_seconds)", "{{status}}"),),
            "s",
            900,
        ),
        Panel(
            "Jobs of payments (p95)",
            "below 2 s: a call to the provider.",
            "the provider is slow or away; jobs are repeated under the same key, so nothing is charged"
            " twice.",
            (Query(quantile(0.95, "job_duration_seconds", JOB_NAME, labels=JOB), "{{exported_job}}"),),
            "s",
        ),
        Panel(
            "Webhooks of unknown shape",
            "0.",
            "the provider sends what we do not know: its version changed, or an endpoint has the wrong"
            " events.",
            (Query(rate("stripe_webhooks_unknown_events_total"), "unknown"),),
            "ops",
        ),
    ),
)

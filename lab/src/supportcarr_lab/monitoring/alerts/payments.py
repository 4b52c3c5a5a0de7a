"""Money that does not move."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import compared, counted, counter
from supportcarr_lab.monitoring.model import Alert, Case

RUNBOOK = "payments.md"
_OK = counter("payments_total", 5, 'kind="hold",status="succeeded"')
_COMPLETED = counter("rescues_ended_total", 1, 'status="completed"')

ALERTS = (
    Alert(
        "PaymentsFailing",
        "page",
        'sum(increase(payments_total{@platform,status="failed"}[30m]))\n'
        "/ sum(increase(payments_total{@platform}[30m])) > 0.3\n"
        'and sum(increase(payments_total{@platform,status="failed"}[30m])) >= 10',
        "5m",
        "{{ $value | humanizePercentage }} of the movements of payments fail",
        RUNBOOK,
        Case(
            {**_OK, **counter("payments_total", 5, 'kind="hold",status="failed"')},
            {**_OK, **counter("payments_total", 1, 'kind="hold",status="failed"')},
        ),
    ),
    Alert(
        "CapturesStopped",
        "page",
        'sum(increase(rescues_ended_total{@platform,status="completed"}[30m])) > 5\n'
        'unless sum(increase(payments_total{@platform,kind="capture",status="succeeded"}[30m])) > 0',
        "15m",
        "{{ $value | humanize }} rescues were completed in half an hour, and no card was charged",
        RUNBOOK,
        Case(
            _COMPLETED,
            {**_COMPLETED, **counter("payments_total", 0.9, 'kind="capture",status="succeeded"')},
            at="60m",
        ),
    ),
    Alert(
        "PaymentsUnresolved",
        "ticket",
        "max by (status) (payments_oldest_unresolved_seconds{@platform}) > 900",
        "5m",
        "A payment has been {{ $labels.status }} for {{ $value | humanizeDuration }} without an outcome",
        RUNBOOK,
        compared("payments_oldest_unresolved_seconds", 1000, 300, 'status="capturing"'),
    ),
    Alert(
        "WebhooksRejected",
        "ticket",
        "sum by (route) (increase(http_request_duration_seconds_count"
        '{@platform,route=~".*/webhooks/.+",status=~"4.."}[15m])) > 5',
        "0s",
        "{{ $value | humanize }} webhooks to {{ $labels.route }} were rejected in 15 minutes",
        RUNBOOK,
        counted(
            "http_request_duration_seconds_count",
            1,
            0.1,
            'method="POST",route="/webhooks/stripe",status="400"',
        ),
    ),
    Alert(
        "StripeWebhooksUnknown",
        "ticket",
        "sum(increase(stripe_webhooks_unknown_events_total{@platform}[1h])) > 0",
        "0s",
        "Stripe sent {{ $value | humanize }} signed webhooks of an unknown shape in an hour",
        RUNBOOK,
        counted("stripe_webhooks_unknown_events_total", 1, 0),
    ),
    Alert(
        "LedgerWrong",
        "page",
        'max(verification_findings{@platform,verified="ledger"}) > 0',
        "0s",
        "{{ $value }} transactions or payments do not agree with the ledger",
        RUNBOOK,
        compared("verification_findings", 1, 0, 'verified="ledger"'),
    ),
)

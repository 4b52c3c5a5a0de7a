"""Events, read models, real time, jobs and deadlines."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import compared, counted, counter, gauge, histogram
from supportcarr_lab.monitoring.model import Alert, Case

RUNBOOK = "events.md"
_CLIENTS = gauge("realtime_connected_clients", 40)
_ASSIGNED = counter("rescues_assigned_total", 2)

ALERTS = (
    Alert(
        "OutboxLag",
        "page",
        "max(outbox_lag_seconds{@platform}) > 60",
        "2m",
        "The oldest event has waited {{ $value | humanizeDuration }} to be published",
        RUNBOOK,
        compared("outbox_lag_seconds", 90, 10),
    ),
    Alert(
        "OutboxRetrying",
        "ticket",
        "sum(outbox_retrying{@platform}) > 0",
        "15m",
        "{{ $value }} documents have an event that a consumer does not take",
        RUNBOOK,
        compared("outbox_retrying", 3, 0),
    ),
    Alert(
        "ReadModelLag",
        "ticket",
        "histogram_quantile(0.95, sum by (le) (rate(read_model_lag_seconds_bucket{@platform}[5m]))) > 5",
        "10m",
        "The console shows what was {{ $value | humanizeDuration }} ago (95th percentile)",
        RUNBOOK,
        Case(
            histogram("read_model_lag_seconds", 0.2, "5.0"), histogram("read_model_lag_seconds", 0.01, "5.0")
        ),
    ),
    Alert(
        "RealtimeSilent",
        "page",
        "sum(realtime_connected_clients{@platform}) > 0\n"
        "and sum(increase(rescues_assigned_total{@platform}[10m])) > 3\n"
        "and sum(increase(realtime_events_received_total{@platform}[10m])) == 0",
        "5m",
        "Rescues change, and no event reaches the {{ $value }} clients that are connected",
        RUNBOOK,
        Case(
            {**_CLIENTS, **_ASSIGNED, **counter("realtime_events_received_total", 0)},
            {**_CLIENTS, **_ASSIGNED, **counter("realtime_events_received_total", 2)},
        ),
    ),
    Alert(
        "RealtimeSlowClients",
        "ticket",
        "sum(rate(realtime_slow_clients_disconnected_total{@platform}[10m])) > 0.5",
        "10m",
        "{{ $value | humanize }} clients a second are disconnected because they do not read",
        RUNBOOK,
        counted("realtime_slow_clients_disconnected_total", 60, 6),
    ),
    Alert(
        "RealtimeConnectionsRefused",
        "ticket",
        "sum(rate(realtime_connections_refused_total{@platform}[10m])) > 1",
        "10m",
        "{{ $value | humanize }} sockets a second are refused: an address or user has its share",
        RUNBOOK,
        counted("realtime_connections_refused_total", 90, 30),
    ),
    Alert(
        "JobsLag",
        "page",
        "max by (queue) (jobs_lag_seconds{@platform}) > 300",
        "5m",
        "A job has been due for {{ $value | humanizeDuration }}",
        RUNBOOK,
        compared("jobs_lag_seconds", 400, 100, 'queue="jobs"'),
    ),
    Alert(
        "JobsWaiting",
        "ticket",
        "max by (queue) (jobs_waiting{@platform}) > 1000",
        "10m",
        "{{ $value }} jobs wait for a worker",
        RUNBOOK,
        compared("jobs_waiting", 1500, 500, 'queue="jobs"'),
    ),
    Alert(
        "DeadLetters",
        "ticket",
        "max by (queue) (jobs_dead_letters{@platform}) > 0",
        "5m",
        "{{ $value }} jobs have failed for the last time and wait for a person",
        RUNBOOK,
        compared("jobs_dead_letters", 1, 0, 'queue="jobs"'),
    ),
    Alert(
        "JobsFailing",
        "ticket",
        "sum(rate(jobs_failures_total{@platform}[15m]))\n"
        "/ (sum(rate(jobs_done_total{@platform}[15m])) + sum(rate(jobs_failures_total{@platform}[15m])))"
        " > 0.5\n"
        "and sum(increase(jobs_failures_total{@platform}[15m])) > 10",
        "15m",
        "{{ $value | humanizePercentage }} of the runs of jobs fail",
        RUNBOOK,
        Case(
            {**counter("jobs_failures_total", 6), **counter("jobs_done_total", 4)},
            {**counter("jobs_failures_total", 2), **counter("jobs_done_total", 8)},
        ),
    ),
    Alert(
        "DeadlinesLate",
        "ticket",
        "histogram_quantile(0.95, sum by (le) (rate(deadline_lateness_seconds_bucket{@platform}[10m]))) > 30",
        "10m",
        "Deadlines are fired {{ $value | humanizeDuration }} late (95th percentile)",
        RUNBOOK,
        Case(
            histogram("deadline_lateness_seconds", 0.2, "30.0", 'collection="offers"'),
            histogram("deadline_lateness_seconds", 0.01, "30.0", 'collection="offers"'),
        ),
    ),
    Alert(
        "PeriodicTasksFailing",
        "ticket",
        "sum(increase(periodic_tasks_failures_total{@platform}[30m])) > 3",
        "0s",
        "{{ $value | humanize }} runs of periodic tasks failed in half an hour",
        RUNBOOK,
        counted("periodic_tasks_failures_total", 0.5, 0.05),
    ),
)

"""Processes that are down, late or overloaded."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import counted, gauge, histogram
from supportcarr_lab.monitoring.model import Alert, Case

RUNBOOK = "processes.md"
_UP = 'up{@platform,instance="a",role="%s"}'


def _absent(role: str, name: str, what: str) -> Alert:
    return Alert(
        f"{name}Absent",
        "page",
        f'absent(up{{@platform,role="{role}"}} == 1)',
        "2m",
        f"No {role} process can be reached: {what}",
        RUNBOOK,
        Case({_UP % role: "1x5 0x60"}, {_UP % role: "1x65", 'up{@platform,instance="b"}': "0x65"}),
        {"role": role},
    )


ALERTS = (
    _absent("api", "Api", "nobody can do anything"),
    _absent("realtime", "Realtime", "apps show what was, until they ask again"),
    _absent("worker", "Worker", "payments, texts, deadlines and searches stand still"),
    Alert(
        "ProcessDown",
        "ticket",
        "up{@platform} == 0",
        "3m",
        "The {{ $labels.role }} process {{ $labels.instance }} cannot be reached",
        RUNBOOK,
        Case({_UP % "api": "0x60"}, {_UP % "api": "1x60"}),
    ),
    Alert(
        "ProcessRestarts",
        "ticket",
        "changes(process_start_time_seconds{@platform}[15m]) > 2",
        "0s",
        "The process {{ $labels.instance }} was started {{ $value }} times in 15 minutes",
        RUNBOOK,
        Case(
            {'process_start_time_seconds{@platform,instance="a"}': "0+240x120"},
            {'process_start_time_seconds{@platform,instance="a"}': "100x60 160x60"},
        ),
    ),
    Alert(
        "EventLoopLag",
        "ticket",
        "histogram_quantile(0.99, sum by (le, instance, role)"
        " (rate(event_loop_lag_seconds_bucket{@platform}[5m]))) > 0.25",
        "10m",
        "The event loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late (99th percentile)",
        RUNBOOK,
        Case(
            histogram("event_loop_lag_seconds", 0.05, "0.25"),
            histogram("event_loop_lag_seconds", 0.001, "0.25"),
        ),
    ),
    Alert(
        "FileDescriptorsLow",
        "ticket",
        "process_open_fds{@platform} / process_max_fds{@platform} > 0.8",
        "10m",
        "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the files that it may open",
        RUNBOOK,
        Case(
            {**gauge("process_open_fds", 900), **gauge("process_max_fds", 1000)},
            {**gauge("process_open_fds", 700), **gauge("process_max_fds", 1000)},
        ),
    ),
    Alert(
        "RequestsRejected",
        "ticket",
        "sum(rate(http_requests_rejected_total{@platform}[5m])) > 1",
        "5m",
        "{{ $value | humanize }} requests a second are refused because every slot is taken",
        RUNBOOK,
        counted("http_requests_rejected_total", 90, 30),
    ),
    Alert(
        "RequestsTimedOut",
        "ticket",
        "sum(rate(http_requests_timed_out_total{@platform}[5m])) > 0.1",
        "5m",
        "{{ $value | humanize }} requests a second take longer than they may",
        RUNBOOK,
        counted("http_requests_timed_out_total", 12, 3),
    ),
    Alert(
        "ConnectionsRefused",
        "ticket",
        "sum(rate(http_connections_refused_total{@platform}[5m])) > 1",
        "5m",
        "{{ $value | humanize }} connections a second are refused",
        RUNBOOK,
        counted("http_connections_refused_total", 90, 30),
    ),
    Alert(
        "SecretsGuessed",
        "ticket",
        "sum(increase(guesses_refused_total{@platform}[10m])) > 100",
        "0s",
        "{{ $value | humanize }} guesses at passwords or codes were refused in ten minutes",
        RUNBOOK,
        counted("guesses_refused_total", 20, 5),
    ),
    Alert(
        "DeadMansSwitch",
        "heartbeat",
        "vector(1)",
        "0s",
        "Always fires: whoever stops hearing it knows that Prometheus or Alertmanager is down",
        RUNBOOK,
        None,
    ),
)

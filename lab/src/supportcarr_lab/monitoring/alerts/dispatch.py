"""Rescues that find no driver."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import compared, counter, gauge, histogram
from supportcarr_lab.monitoring.model import Alert, Case

RUNBOOK = "dispatch.md"
_WAITING = gauge("rescues_live", 2, 'status="matching"')
_MADE = counter("offers_total", 4, 'outcome="made"')
_ENDED = counter("rescues_ended_total", 2, 'status="completed"')

ALERTS = (
    Alert(
        "DispatchStopped",
        "page",
        "max(rescues_longest_wait_seconds{@platform}) > 120\n"
        "and sum(rate(dispatch_tick_seconds_count{@platform}[5m])) == 0",
        "3m",
        "A rescue has waited {{ $value | humanizeDuration }}, and nothing searches for a driver",
        RUNBOOK,
        Case(
            {**gauge("rescues_longest_wait_seconds", 200), **counter("dispatch_tick_seconds_count", 0)},
            {**gauge("rescues_longest_wait_seconds", 200), **counter("dispatch_tick_seconds_count", 5)},
        ),
    ),
    Alert(
        "DispatchSlow",
        "ticket",
        "histogram_quantile(0.95, sum by (le) (rate(dispatch_tick_seconds_bucket{@platform}[10m]))) > 1",
        "10m",
        "A search for a driver takes {{ $value | humanizeDuration }} (95th percentile)",
        RUNBOOK,
        Case(histogram("dispatch_tick_seconds", 0.2, "1.0"), histogram("dispatch_tick_seconds", 0.01, "1.0")),
    ),
    Alert(
        "RescueWaitsLong",
        "ticket",
        "max(rescues_longest_wait_seconds{@platform}) > 900",
        "5m",
        "A rider has waited {{ $value | humanizeDuration }} for a driver to accept",
        RUNBOOK,
        compared("rescues_longest_wait_seconds", 1200, 300),
    ),
    Alert(
        "RescuesUnserved",
        "ticket",
        'sum(increase(rescues_ended_total{@platform,status="unserved"}[30m]))\n'
        "/ sum(increase(rescues_ended_total{@platform}[30m])) > 0.2\n"
        'and sum(increase(rescues_ended_total{@platform,status="unserved"}[30m])) >= 5',
        "10m",
        "{{ $value | humanizePercentage }} of the rescues that ended found no driver",
        RUNBOOK,
        Case(
            {**_ENDED, **counter("rescues_ended_total", 1, 'status="unserved"')},
            {**_ENDED, **counter("rescues_ended_total", 0.2, 'status="unserved"')},
        ),
    ),
    Alert(
        "OffersNotAccepted",
        "ticket",
        '(sum(increase(offers_total{@platform,outcome="accepted"}[30m])) or vector(0))\n'
        '/ sum(increase(offers_total{@platform,outcome="made"}[30m])) < 0.1\n'
        'and sum(increase(offers_total{@platform,outcome="made"}[30m])) > 20',
        "10m",
        "Drivers accept {{ $value | humanizePercentage }} of the offers",
        RUNBOOK,
        Case(_MADE, {**_MADE, **counter("offers_total", 2, 'outcome="accepted"')}),
    ),
    Alert(
        "NoDriversOnline",
        "ticket",
        "sum(max by (state) (drivers_online{@platform})) == 0\n"
        'and sum(max by (status) (rescues_live{@platform,status=~"requested|matching"})) > 0',
        "10m",
        "Rescues wait, and no driver is online",
        RUNBOOK,
        Case(
            {**_WAITING, **gauge("drivers_online", 0, 'state="free"')},
            {**_WAITING, **gauge("drivers_online", 3, 'state="free"')},
        ),
    ),
)

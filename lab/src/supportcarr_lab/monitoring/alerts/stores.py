"""The store and Redis."""

from __future__ import annotations

from supportcarr_lab.monitoring.alerts.examples import compared, counted, gauge
from supportcarr_lab.monitoring.model import Alert, Case, Series

RUNBOOK = "stores.md"


def _pool(waiters: float, in_use: float) -> Series:
    return {
        **gauge("store_connection_waiters", waiters),
        **gauge("store_connections_in_use", in_use),
        **gauge("store_connections_max", 100),
    }


def _verified(at: str) -> Series:
    return {'verification_last_completed_timestamp_seconds{@platform,instance="a",verified="ledger"}': at}


ALERTS = (
    Alert(
        "RedisUnreachable",
        "page",
        "max by (use) (redis_connected{@platform}) == 0",
        "1m",
        "No process is connected to Redis ({{ $labels.use }}): no live positions, no offers, no events",
        RUNBOOK,
        compared("redis_connected", 0, 1, 'use="durable"'),
    ),
    Alert(
        "RedisPartlyUnreachable",
        "ticket",
        "redis_connected{@platform} == 0",
        "5m",
        "{{ $labels.instance }} is not connected to Redis ({{ $labels.use }})",
        RUNBOOK,
        compared("redis_connected", 0, 1, 'use="durable"'),
    ),
    Alert(
        "RedisReconnects",
        "ticket",
        # of one process: when Redis is restarted once, each of them connects again
        "max(increase(redis_reconnects_total{@platform}[15m])) > 3",
        "0s",
        "A process has connected to Redis again {{ $value | humanize }} times in 15 minutes",
        RUNBOOK,
        Case(
            {'redis_reconnects_total{@platform,instance="a"}': "0+2x120"},
            {f'redis_reconnects_total{{@platform,instance="p{n}"}}': "0x20 1x100" for n in range(20)},
        ),
    ),
    Alert(
        "RedisSlow",
        "ticket",
        "max by (use) (redis_round_trip_seconds{@platform}) > 0.1",
        "5m",
        "Redis ({{ $labels.use }}) takes {{ $value | humanizeDuration }} to reply",
        RUNBOOK,
        compared("redis_round_trip_seconds", 0.5, 0.002, 'use="durable"'),
    ),
    Alert(
        "StoreUnreachable",
        "page",
        "sum(rate(store_unavailable_total{@platform}[2m])) > 0.5",
        "1m",
        "{{ $value | humanize }} operations a second find the database unavailable",
        RUNBOOK,
        counted("store_unavailable_total", 60, 6),
    ),
    Alert(
        "StorePoolExhausted",
        "ticket",
        "store_connections_in_use{@platform} / store_connections_max{@platform} > 0.9\n"
        "and store_connection_waiters{@platform} > 0",
        "5m",
        "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its connections, and work waits",
        RUNBOOK,
        Case(_pool(5, 100), _pool(0, 100)),
    ),
    Alert(
        "StoreWritesWaiting",
        "ticket",
        "max(store_waiting{@platform}) > 1000",
        "2m",
        "{{ $value }} writes wait for the next commit",
        RUNBOOK,
        compared("store_waiting", 5000, 100),
    ),
    Alert(
        "RevocationsStale",
        "ticket",
        "max by (instance) (revocation_stale{@platform}) == 1",
        "5m",
        "{{ $labels.instance }} cannot follow which sessions ended, and asks for each",
        RUNBOOK,
        compared("revocation_stale", 1, 0),
    ),
    Alert(
        "AuditLogChanged",
        "page",
        'max(verification_findings{@platform,verified="audit_log"}) > 0',
        "0s",
        "{{ $value }} records of the audit log are not as they were written",
        RUNBOOK,
        compared("verification_findings", 1, 0, 'verified="audit_log"'),
    ),
    Alert(
        "VerificationOverdue",
        "ticket",
        "time() - max by (verified) (verification_last_completed_timestamp_seconds{@platform}) > 26 * 3600",
        "15m",
        "The last verification of {{ $labels.verified }} ended {{ $value | humanizeDuration }} ago",
        RUNBOOK,
        Case(_verified("0x400"), _verified(f"0x2 {20 * 3600}x400"), at="28h", every="5m"),
    ),
)

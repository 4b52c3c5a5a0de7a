"""The metrics that each real process exports to Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.platform.fleet import Fleet
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

METRICS = {
    "api": (
        "outbox_published_total",
        "store_waiting",
        "revocation_stale",
        "redis_reconnects_total",
        "rate_limits_fallbacks_total",
    ),
    "realtime": ("revocation_stale", "realtime_connected_clients", "realtime_pending_locations"),
    "worker": (
        "outbox_published_total",
        "deadlines_fired_total",
        "periodic_tasks_runs_total",
        "jobs_done_total",
        "jobs_dead_total",
    ),
}


@pytest.mark.parametrize("role", list(METRICS))
async def test_a_process_exports_its_metrics(
    tmp_path: Path, own_redis_server: EmbeddedRedis, role: str
) -> None:
    async with Fleet(tmp_path, own_redis_server) as fleet:
        process = await fleet.start(role)
        for name in METRICS[role]:
            assert await fleet.metric(process, name) >= 0

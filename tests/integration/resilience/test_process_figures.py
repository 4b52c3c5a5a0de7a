"""What each real process tells Prometheus of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.platform.fleet import Fleet
from supportcarr.supervisor.redis_server import RedisServer

FIGURES = {
    "api": ("outbox_relayed", "store_waiting", "revocations_stale", "redis_reconnects", "limits_fallbacks"),
    "realtime": ("revocations_stale", "realtime_connected_clients", "realtime_pending_locations"),
    "worker": ("outbox_relayed", "deadlines_fired", "tickers_ticks", "jobs_done", "jobs_dead"),
}


@pytest.mark.parametrize("role", list(FIGURES))
async def test_a_process_tells_its_figures(tmp_path: Path, own_redis_server: RedisServer, role: str) -> None:
    async with Fleet(tmp_path, own_redis_server) as fleet:
        process = await fleet.start(role)
        for name in FIGURES[role]:
            assert await fleet.figure(process, name) >= 0

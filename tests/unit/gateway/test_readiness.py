"""Readiness: not before the start is over, not while a check fails, not while the process drains."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from supportcarr.gateway.system_routes import not_ready
from supportcarr.kit.http.lifecycle import Lifecycle


async def fine() -> None:
    pass


async def broken() -> None:
    raise OSError("unreachable")


async def test_a_process_is_ready_between_its_start_and_its_draining() -> None:
    lifecycle = Lifecycle()
    assert await not_ready(lifecycle, {"store": fine}) == ["starting"]
    lifecycle.mark_ready()
    assert await not_ready(lifecycle, {"store": fine}) == []
    lifecycle.drain()
    assert await not_ready(lifecycle, {"store": fine}) == ["draining"]


async def test_every_check_that_fails_is_named() -> None:
    lifecycle = Lifecycle()
    lifecycle.mark_ready()
    checks = {"store": broken, "redis": fine, "emulator": broken}
    assert await not_ready(lifecycle, checks) == ["store", "emulator"]


async def test_a_check_that_hangs_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.gateway.system_routes.CHECK_SECONDS", 0.01)
    lifecycle = Lifecycle()
    lifecycle.mark_ready()

    async def hangs() -> None:
        await asyncio.Event().wait()

    assert await not_ready(lifecycle, {"redis": hangs, "store": fine}) == ["redis"]


async def test_a_failing_check_is_logged_once_until_it_recovers() -> None:
    lifecycle = Lifecycle()
    lifecycle.mark_ready()
    with capture_logs() as logs:
        for check in (broken, broken, fine, fine, broken):
            await not_ready(lifecycle, {"store": check})
    assert [line["event"] for line in logs] == [
        "readiness_check_failed",
        "readiness_check_recovered",
        "readiness_check_failed",
    ]

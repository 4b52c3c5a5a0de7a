"""The routes that belong to no part: the clock, health, readiness, what a browser must know first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from supportcarr.gateway.ports import Check, Config
from supportcarr.kit.http.routing import ANYONE, Answer, Call, NoQuery, Route
from supportcarr.kit.http.server import Lifecycle
from supportcarr.kit.runtime.clock import Clock, ClockReading

CHECK_SECONDS = 2.0

log = structlog.get_logger(__name__)


def clock_routes(clock: Clock) -> list[Route]:
    """``GET /api/v1/clock``: both clocks and the city's speed."""

    async def read_clock(_: Call[None, NoQuery]) -> Answer:
        return Answer(clock.read())

    return [
        Route(
            method="GET",
            path="/clock",
            handle=read_clock,
            summary="City time, wall time, and how fast the city's clock runs",
            policy=ANYONE,
            tag="system",
            answer=ClockReading,
        )
    ]


def health_routes(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> list[Route]:
    """``/healthz``: the process runs.  ``/readyz``: it may take traffic, or what keeps it from that."""

    async def healthz(_: Call[None, NoQuery]) -> Answer:
        return Answer({"status": "alive"})

    async def readyz(_: Call[None, NoQuery]) -> Answer:
        missing = await not_ready(lifecycle, checks)
        if missing:
            return Answer(
                {"status": "not ready", "not_ready": missing}, status=503, headers=(("retry-after", "1"),)
            )
        return Answer({"status": "ready", "not_ready": []})

    return [
        Route(
            method="GET", path=path, handle=handle, summary=summary, policy=ANYONE, tag="system", answer=dict
        )
        for path, handle, summary in (
            ("/healthz", healthz, "Whether the process is alive"),
            ("/readyz", readyz, "Whether the process may take traffic"),
        )
    ]


async def not_ready(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> list[str]:
    """The names of what is not ready; empty: traffic may come."""
    if lifecycle.draining:
        return ["draining"]
    if not lifecycle.ready:
        return ["starting"]

    async def fails(name: str, check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), CHECK_SECONDS)
        except Exception as error:
            log.warning("not_ready", check=name, reason=repr(error))
            return True
        return False

    failed = await asyncio.gather(*(fails(name, check) for name, check in checks.items()))
    return [name for name, down in zip(checks, failed, strict=True) if down]


def config_routes(config: Config) -> list[Route]:
    """``/config.json``: what a browser's app must know before it can ask."""

    async def read_config(_: Call[None, NoQuery]) -> Answer:
        return Answer(config(), headers=(("cache-control", "no-cache"),))

    return [
        Route(
            method="GET",
            path="/config.json",
            handle=read_config,
            summary="Where things are",
            policy=ANYONE,
            tag="system",
            answer=dict,
        )
    ]

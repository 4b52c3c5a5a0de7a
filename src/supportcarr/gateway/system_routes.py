"""The routes that belong to no part: clock, health, readiness, the web apps' configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway.ports import Check, Config
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.runtime.clock import Clock, ClockReading

CHECK_SECONDS = 2.0

log = structlog.get_logger(__name__)


def clock_routes(clock: Clock) -> list[Route]:
    """``GET /api/v1/clock``: city time, wall time and the city's speed."""

    async def read_clock(_: RequestContext[None, NoQuery]) -> Response:
        return Response(clock.read())

    return [
        Route(
            method="GET",
            path="/clock",
            handler=read_clock,
            summary="Get city time, wall time and the speed of the city clock",
            policy=ANYONE,
            tag="system",
            response=ClockReading,
        )
    ]


def health_routes(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> list[Route]:
    """``/healthz``: the process runs.  ``/readyz``: it may take traffic, or the names of what is not
    ready."""

    async def healthz(_: RequestContext[None, NoQuery]) -> Response:
        return Response({"status": "alive"})

    async def readyz(_: RequestContext[None, NoQuery]) -> Response:
        missing = await not_ready(lifecycle, checks)
        if missing:
            return Response(
                {"status": "not ready", "not_ready": missing}, status=503, headers=(("retry-after", "1"),)
            )
        return Response({"status": "ready", "not_ready": []})

    return [
        Route(
            method="GET",
            path=path,
            handler=handle,
            summary=summary,
            policy=ANYONE,
            tag="system",
            response=dict,
        )
        for path, handle, summary in (
            ("/healthz", healthz, "Check that the process is alive"),
            ("/readyz", readyz, "Check that the process may take traffic"),
        )
    ]


async def not_ready(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> list[str]:
    """The names of what is not ready; empty if the process may take traffic."""
    if lifecycle.draining:
        return ["draining"]
    if not lifecycle.ready:
        return ["starting"]

    async def fails(name: str, check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), CHECK_SECONDS)
        except Exception as error:
            if name not in lifecycle.failing_checks:  # once, not each time a load balancer asks
                lifecycle.failing_checks.add(name)
                log.warning("readiness_check_failed", check=name, reason=repr(error))
            return True
        if name in lifecycle.failing_checks:
            lifecycle.failing_checks.discard(name)
            log.info("readiness_check_recovered", check=name)
        return False

    failed = await asyncio.gather(*(fails(name, check) for name, check in checks.items()))
    return [name for name, down in zip(checks, failed, strict=True) if down]


def config_routes(config: Config) -> list[Route]:
    """``/config.json``: what a web app needs before its first request."""

    async def read_config(_: RequestContext[None, NoQuery]) -> Response:
        return Response(config(), headers=(("cache-control", "no-cache"),))

    return [
        Route(
            method="GET",
            path="/config.json",
            handler=read_config,
            summary="Get the web apps' configuration",
            policy=ANYONE,
            tag="system",
            response=dict,
        )
    ]

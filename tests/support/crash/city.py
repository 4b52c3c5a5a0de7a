"""A city whose Redis can be wiped.  Its API, worker and real-time servers run in the test's process, each
with its own connections and state, on the real clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec

from support.crash.deployment import Deployment, People, Person, settings_at
from support.crash.life import populate
from support.crash.world import ApiResponse, open_world
from support.payments.world import Emulator, running_emulator, serving
from support.ports import free_port
from supportcarr.bootstrap.areas import area_ids
from supportcarr.bootstrap.container import Container
from supportcarr.bootstrap.processes import gateway_of, open_container
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.realtime.app import build_realtime
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

TIMEOUT_S = 120.0
SWEEP_INTERVAL_S = 0.2


@dataclass(slots=True)
class Api:
    """One API server."""

    container: Container
    url: str
    session: aiohttp.ClientSession

    async def request(
        self, person: Person | None, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> ApiResponse:
        """Send a request; after a 503 it is sent again with the same idempotency key, as apps do."""
        headers = {"authorization": f"Bearer {person.access_token}"} if person else {}
        if key is not None:
            headers["idempotency-key"] = key
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                async with self.session.request(
                    method, f"{self.url}/api/v1{path}", json=body, headers=headers
                ) as response:
                    content = await response.read()
                    if response.status != 503:
                        return ApiResponse(response.status, msgspec.json.decode(content) if content else None)
                await asyncio.sleep(0.1)


class City:
    """A deployment, its Redis and Stripe emulator, and the servers that a test starts."""

    def __init__(
        self, deployment: Deployment, server: EmbeddedRedis, emulator: Emulator, settings: Settings
    ) -> None:
        self.deployment = deployment
        self.server = server
        self.emulator = emulator
        self.settings = settings
        self.people = msgspec.json.decode((deployment.path / "people.json").read_bytes(), type=People)

    def wipe(self) -> None:
        """Kill Redis and start it again, empty, at the same address."""
        self.server.kill()
        self.server.start()

    # --- servers ------------------------------------------------------------------------------

    @asynccontextmanager
    async def api(self, **limits: int) -> AsyncIterator[Api]:
        """An API server on a free port."""
        settings = msgspec.structs.replace(
            self.settings, limits=msgspec.structs.replace(self.settings.limits, **limits)
        )
        async with (
            open_container(settings, "api") as container,
            _relaying(container),
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
        ):
            lifecycle = Lifecycle()
            gateway = gateway_of(container, Metrics(), lifecycle)
            lifecycle.mark_ready()
            async with serving(cast(ASGIApp, gateway), free_port()) as url:
                yield Api(container, url, session)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Container]:
        """A worker."""
        async with open_container(self.settings, "worker") as container, _relaying(container) as relay:
            deadlines = DeadlineRunner(container.store, container.clock, container.deadlines())
            scheduler = Scheduler(container.store, container.clock, container.periodic_tasks())
            worker = JobWorker(container.jobs, container.job_handlers(), self.settings.jobs)
            relay.start_sweeping(SWEEP_INTERVAL_S)
            for runner in (deadlines, scheduler, worker):
                runner.start()
            yield container
            await scheduler.stop()
            await deadlines.stop()
            await worker.close(2.0)

    @asynccontextmanager
    async def realtime(self) -> AsyncIterator[str]:
        """A real-time server; yields its URL."""
        async with open_container(self.settings, "realtime") as container:
            lifecycle = Lifecycle()
            app = build_realtime(
                self.settings.deployment,
                self.settings.streams,
                container.tokens,
                container.streams,
                container.redis.cache,
                container.position_reports,
                area_ids(),
                lifecycle=lifecycle,
                metrics=Metrics(),
            )
            port = free_port()
            serving_it = serve(app, "127.0.0.1", port, 2.0, lifecycle=lifecycle, websockets=True)
            running = asyncio.create_task(serving_it)
            await until(lambda: _true(app.ready))
            yield f"http://127.0.0.1:{port}"
            lifecycle.drain()
            await running


async def _true(value: bool) -> bool:
    return value


@asynccontextmanager
async def _relaying(container: Container) -> AsyncIterator[Relay]:
    relay = Relay(container.store, container.consumers(), container.jobs)
    try:
        yield relay
    finally:
        await relay.drain(5.0, retries=False)
        await relay.stop()


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait until *happened* is true.  Raises ``TimeoutError``."""
    async with asyncio.timeout(TIMEOUT_S):
        while not await happened():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_city(
    folder: Path, store_url: str, server: EmbeddedRedis, **dispatch: float
) -> AsyncIterator[City]:
    """A city with its people, without any server running; *dispatch* are settings of dispatch."""
    async with AsyncExitStack() as closing:
        emulator = await closing.enter_async_context(running_emulator(folder))
        deployment = Deployment(
            folder=str(folder),
            store_url=store_url,
            redis_url=server.url,
            stripe_url=emulator.base,
            start_time=time.time(),
        )
        async with open_world(deployment) as world:
            await populate(world)
        settings = settings_at(deployment)
        replace = msgspec.structs.replace
        yield City(
            deployment,
            server,
            emulator,
            replace(
                settings,
                dispatch=replace(settings.dispatch, **dispatch),
                jobs=replace(settings.jobs, sweep_seconds=SWEEP_INTERVAL_S),
                streams=replace(settings.streams, heads_seconds=0.3),
            ),
        )

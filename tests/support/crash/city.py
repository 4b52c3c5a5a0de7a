"""A city in one process whose Redis can be wiped: as many of our processes as a test opens, each with its
own connections and its own memory, and everything in them running by itself on the real clock.
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

from support.crash.deployment import People, Person, Place, settings_at
from support.crash.life import populate
from support.crash.world import Answered, opened
from support.payments.world import Emulator, running_emulator, serving
from supportcarr.bootstrap.container import Container, area_ids
from supportcarr.bootstrap.processes import gateway_of, open_container
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.realtime.app import build_realtime
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

PATIENCE_S = 40.0
LOOKS_S = 0.2  # between sweeps


@dataclass(slots=True)
class Api:
    """One API process."""

    container: Container
    url: str
    session: aiohttp.ClientSession

    async def request(
        self, who: Person | None, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> Answered:
        """One request; what could not be served in time is asked again with the same key, as apps do."""
        headers = {"authorization": f"Bearer {who.access_token}"} if who else {}
        if key is not None:
            headers["idempotency-key"] = key
        for _ in range(20):
            async with self.session.request(
                method, f"{self.url}/api/v1{path}", json=body, headers=headers
            ) as answer:
                content = await answer.read()
                if answer.status != 503:
                    return Answered(answer.status, msgspec.json.decode(content) if content else None)
            await asyncio.sleep(0.1)
        return Answered(503, None)


class City:
    """The place, its Redis, and what runs there."""

    def __init__(self, place: Place, server: EmbeddedRedis, emulator: Emulator, settings: Settings) -> None:
        self.place = place
        self.server = server
        self.emulator = emulator
        self.settings = settings
        self.people = msgspec.json.decode((place.path / "people.json").read_bytes(), type=People)

    def wipe(self) -> None:
        """Redis dies and is back at once, empty, at the same address."""
        self.server.kill()
        self.server.start()

    # --- processes ----------------------------------------------------------------------------

    @asynccontextmanager
    async def api(self, **limits: int) -> AsyncIterator[Api]:
        """An API process on a port of its own."""
        settings = msgspec.structs.replace(
            self.settings, limits=msgspec.structs.replace(self.settings.limits, **limits)
        )
        async with (
            open_container(settings, "api") as container,
            _relaying(container),
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
        ):
            lifecycle = Lifecycle()
            gateway = gateway_of(container, Metrics(), lifecycle)
            lifecycle.mark_ready()
            async with serving(cast(ASGIApp, gateway), free_port()) as url:
                yield Api(container, url, session)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Container]:
        """A worker process."""
        async with open_container(self.settings, "worker") as container, _relaying(container) as relay:
            deadlines = DeadlineRunner(container.store, container.clock, container.deadlines())
            scheduler = Scheduler(container.store, container.clock, container.periodic_tasks())
            worker = JobWorker(container.jobs, container.job_handlers(), self.settings.jobs)
            relay.start_sweeping(LOOKS_S)
            for runner in (deadlines, scheduler, worker):
                runner.start()
            yield container
            await scheduler.stop()
            await deadlines.stop()
            await worker.close(2.0)

    @asynccontextmanager
    async def realtime(self) -> AsyncIterator[str]:
        """A real-time process; its URL."""
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
    """Wait for that.  Raises ``TimeoutError``."""
    async with asyncio.timeout(PATIENCE_S):
        while not await happened():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_city(
    folder: Path, store_url: str, server: EmbeddedRedis, **dispatch: float
) -> AsyncIterator[City]:
    """A city with its people, of which nothing runs yet; *dispatch* are settings of that group."""
    async with AsyncExitStack() as closing:
        emulator = await closing.enter_async_context(running_emulator(folder))
        place = Place(
            folder=str(folder),
            store_url=store_url,
            redis_url=server.url,
            stripe_url=emulator.base,
            starts=time.time(),
        )
        async with opened(place) as world:
            await populate(world)
        settings = settings_at(place)
        replace = msgspec.structs.replace
        yield City(
            place,
            server,
            emulator,
            replace(
                settings,
                dispatch=replace(settings.dispatch, **dispatch),
                jobs=replace(settings.jobs, sweep_seconds=LOOKS_S),
                streams=replace(settings.streams, heads_seconds=0.3),
            ),
        )

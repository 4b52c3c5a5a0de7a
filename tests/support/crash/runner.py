"""Run a scenario: prepare its snapshot once, run it in a child that is killed at a step, recover and verify.

A snapshot holds the store, the database of the Stripe emulator and the content of Redis.  Each run starts
from a copy of it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec

from support.crash.databases import CollectionCopy, Databases
from support.crash.deployment import Deployment
from support.crash.fork_server import ChildRequest, ChildResult, ForkServer, Recovery
from support.crash.life import finish_all_rescues, populate
from support.crash.scenario import Scenario
from support.crash.steps import KillTiming, Step, read_steps
from support.crash.verification import verify
from support.crash.world import open_world
from support.payments.world import API_KEY, IDENTITY, TWILIO, WEBHOOK_SECRET, serving
from support.ports import free_port
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.redis.client import RedisClient
from supportcarr_lab.emulators.app import create_app

START = 1_790_000_000.0  # wall time at which every scenario is prepared: a Monday in September 2026
SILENCE_S = 2.0  # after which a call of Stripe is given up, where the emulator does not respond
TICKS_S = 2.0  # more than a ManualClock advances by being read during one run


class Finding(msgspec.Struct, frozen=True):
    """The problems found after a kill at a step, and optionally a second kill during the recovery."""

    step: int
    problems: list[str]
    second_kill_at: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """The state that runs start from: a folder (with the SQLite store), Redis keys, MongoDB collections."""

    deployment: Deployment
    redis: list[tuple[bytes, int, bytes]]
    database: list[CollectionCopy]


class ReloadableEmulator:
    """A Stripe emulator whose database is replaced while its server keeps running."""

    def __init__(self) -> None:
        self._app: Any = None
        self._opened = AsyncExitStack()
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("open() must be used instead of the lifespan")
        if self._app is None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await self._app(scope, receive, send)

    async def open(self, folder: Path, behaviour: dict[str, Any]) -> None:
        """Use the database in *folder*, with those settings of the emulator's behaviour."""
        await self.close()
        app = create_app(
            data=folder,
            api_key=API_KEY,
            webhook_secret=WEBHOOK_SECRET,
            webhook_url=None,
            twilio=TWILIO,
            checks={"identity": IDENTITY},
        )
        await self._opened.enter_async_context(app.lifespan())
        self._app = app
        if behaviour:
            async with (
                aiohttp.ClientSession() as http,
                http.post(f"{self.url}/sandbox/stripe/behaviour", json=behaviour) as response,
            ):
                assert response.status == 200, await response.text()

    async def close(self) -> None:
        self._app = None
        await self._opened.aclose()
        self._opened = AsyncExitStack()


@asynccontextmanager
async def reloadable_emulator() -> AsyncIterator[ReloadableEmulator]:
    emulator = ReloadableEmulator()
    async with serving(cast(ASGIApp, emulator), free_port()) as url:
        emulator.url = url
        yield emulator
        await emulator.close()


class ScenarioRunner:
    """Runs one scenario on one engine."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        *,
        fork_server: ForkServer,
        emulator: ReloadableEmulator,
        redis: RedisClient,
        redis_url: str,
        databases: Databases | None = None,
    ) -> None:
        self.scenario = scenario
        self._folder = folder
        self._fork_server = fork_server
        self._emulator = emulator
        self._redis = redis
        self._redis_url = redis_url
        self._databases = databases
        self._snapshot: Snapshot | None = None

    async def steps(self) -> list[Step]:
        """Run the scenario without a kill and return its steps."""
        async with self._restored_deployment() as deployment:
            result = await self._child(ChildRequest(scenario=self.scenario.name, deployment=deployment))
            assert (result.killed, result.code) == (False, 0), result.output
            return read_steps(deployment.steps)

    async def killed_at(
        self,
        number: int,
        *,
        timing: KillTiming = "after",
        concurrent_relay: bool = False,
        second_kill_at: int | None = None,
    ) -> list[str] | None:
        """Run, kill at step *number*, recover, finish all rescues, verify.  Return the problems found.

        Returns ``None`` if the process ended before that step.  With *second_kill_at* the process that
        recovers is killed too, at that step if it gets that far, and a third process recovers.
        """
        async with self._restored_deployment() as deployment:
            request = ChildRequest(
                scenario=self.scenario.name,
                deployment=deployment,
                dies_at=number,
                timing=timing,
                concurrent_relay=concurrent_relay,
            )
            result = await self._child(request)
            if not result.killed:
                assert result.code == 0, result.output
                return None
            immediately = number % 2 == 1 or timing == "during" or concurrent_relay
            deployment = _for_next_process(deployment)
            if second_kill_at is not None:
                recovery: Recovery = "immediate" if immediately else "delayed"
                request = msgspec.structs.replace(
                    request, deployment=deployment, dies_at=second_kill_at, recovery=recovery
                )
                result = await self._child(request)
                assert result.killed or result.code == 0, result.output
                deployment = _for_next_process(deployment)
            return await self._recovered(
                deployment,
                immediately=immediately,
                every_event_known=timing == "after" and not concurrent_relay,
            )

    async def _child(self, request: ChildRequest) -> ChildResult:
        return await asyncio.to_thread(self._fork_server.run, request)

    async def _recovered(
        self, deployment: Deployment, *, immediately: bool, every_event_known: bool
    ) -> list[str]:
        """Recover in this process, finish all rescues and verify."""
        scenario = self.scenario
        async with open_world(deployment, concurrency=32) as world:
            await scenario.recover(world, immediately=immediately)
            certain = every_event_known or not scenario.effect_optional
            found = [f"effect: {problem}" for problem in await scenario.effect(world)] if certain else []
            await finish_all_rescues(world)
            return found + await verify(world, every_event_known=every_event_known)

    # --- snapshots ------------------------------------------------------------------------------

    @asynccontextmanager
    async def _restored_deployment(self) -> AsyncIterator[Deployment]:
        """A copy of the scenario's snapshot, for one run."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            snapshot = self._snapshot = self._snapshot or await self._create_snapshot()
            await self._emulator.close()
            shutil.copytree(snapshot.deployment.path, folder, dirs_exist_ok=True)
            await self._restore(snapshot.redis)
            await self._emulator.open(folder, self.scenario.emulator)
            with self._store_in(folder) as url:
                if self._databases is not None:
                    self._databases.fill(url, snapshot.database)
                yield msgspec.structs.replace(snapshot.deployment, folder=str(folder), store_url=url)
        finally:
            await self._emulator.close()
            shutil.rmtree(folder)

    async def _create_snapshot(self) -> Snapshot:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        with self._store_in(folder) as url:
            deployment = await self._prepare(folder, url)
            database = self._databases.copy(url) if self._databases is not None else []
        return Snapshot(deployment, await self._dump(), database)

    @contextmanager
    def _store_in(self, folder: Path) -> Iterator[str]:
        """The URL of an empty store: SQLite in *folder*, or a new MongoDB database."""
        if self._databases is None:
            yield f"sqlite:///{folder}/store.sqlite3"
            return
        with self._databases.empty() as url:
            yield url

    async def _prepare(self, folder: Path, store_url: str) -> Deployment:
        await self._redis.call("FLUSHALL")
        await self._emulator.open(folder, {})
        deployment = Deployment(
            folder=str(folder),
            store_url=store_url,
            redis_url=self._redis_url,
            stripe_url=self._emulator.url,
            start_time=START,
        )
        async with open_world(deployment) as world:
            await populate(world, self.scenario.card)
            await self.scenario.prepare(world)
            ends = world.clock.wall().timestamp()
        (folder / "clock-advance").unlink(missing_ok=True)
        await self._emulator.open(folder, self.scenario.emulator)
        if "timeout_next" in self.scenario.emulator:
            deployment = msgspec.structs.replace(deployment, stripe_timeout_s=SILENCE_S)
        return msgspec.structs.replace(deployment, start_time=ends)

    async def _dump(self) -> list[tuple[bytes, int, bytes]]:
        names = await self._redis.call("KEYS", "*")
        values = await self._redis.batch([("DUMP", name) for name in names])
        lives = await self._redis.batch([("PTTL", name) for name in names])
        return [
            (name, max(0, life), value)
            for name, life, value in zip(names, lives, values, strict=True)
            if value is not None
        ]

    async def _restore(self, dump: list[tuple[bytes, int, bytes]]) -> None:
        await self._redis.call("FLUSHALL")
        await self._redis.batch([("RESTORE", name, life, value) for name, life, value in dump])


def _for_next_process(deployment: Deployment) -> Deployment:
    """The deployment for the next process, whose clock starts where the previous process left it."""
    start_time = deployment.start_time + deployment.advanced() + TICKS_S
    (deployment.path / "clock-advance").unlink(missing_ok=True)
    return msgspec.structs.replace(deployment, start_time=start_time)


async def collect_findings(runner: ScenarioRunner, numbers: Iterable[int], **how: Any) -> list[Finding]:
    """Kill at each of those steps in turn and return the findings; empty if there are none."""
    found = []
    for number in numbers:
        problems = await runner.killed_at(number, **how)
        assert problems is not None, f"nothing was killed at step {number}"
        if problems:
            found.append(Finding(number, problems))
    return found

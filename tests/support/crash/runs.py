"""Runs a scenario: prepares its state once, acts it in a child that is killed at a step, and recovers.

A state is the store, the books of Stripe's emulator and the content of Redis; each run begins with a copy.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec

from support.crash.databases import CollectionCopy, Databases
from support.crash.deployment import Place
from support.crash.fork_server import Order, TakesOver, Told, Zygote
from support.crash.life import live_on, populate
from support.crash.scenario import Scenario
from support.crash.steps import Step, When, read_steps
from support.crash.verification import judge
from support.crash.world import opened
from support.payments.world import API_KEY, WEBHOOK_SECRET, serving
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.redis.client import RedisClient
from supportcarr_lab.emulators.app import create_app

START = 1_790_000_000.0  # the wall's clock of every state: a Monday of September 2026
TICKS_S = 2.0  # more than the looks at a clock come to in one run


class Finding(msgspec.Struct, frozen=True):
    """What was wrong after a kill at that step; *again*: and one at that step of the recovery."""

    step: int
    sentences: list[str]
    again: int | None = None


@dataclass(frozen=True)
class _State:
    """A state to begin with: a folder, with the store if it is embedded, else what is in its database."""

    place: Place
    redis: list[tuple[bytes, int, bytes]]
    database: list[CollectionCopy]


class SwitchedEmulator:
    """One server whose books are exchanged while it runs."""

    def __init__(self) -> None:
        self._app: Any = None
        self._books = AsyncExitStack()
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("the books are opened by hand")
        if self._app is None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await self._app(scope, receive, send)

    async def open(self, folder: Path, behaviour: dict[str, Any]) -> None:
        """Go on with the books in that folder, misbehaving so."""
        await self.close()
        app = create_app(data=folder, api_key=API_KEY, webhook_secret=WEBHOOK_SECRET, webhook_url=None)
        await self._books.enter_async_context(app.lifespan())
        self._app = app
        if behaviour:
            async with (
                aiohttp.ClientSession() as http,
                http.post(f"{self.url}/sandbox/stripe/behaviour", json=behaviour) as answer,
            ):
                assert answer.status == 200, await answer.text()

    async def close(self) -> None:
        self._app = None
        await self._books.aclose()
        self._books = AsyncExitStack()


@asynccontextmanager
async def switched_emulator() -> AsyncIterator[SwitchedEmulator]:
    emulator = SwitchedEmulator()
    async with serving(cast(ASGIApp, emulator), free_port()) as url:
        emulator.url = url
        yield emulator
        await emulator.close()


class Runs:
    """The runs of one scenario on one engine."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        *,
        zygote: Zygote,
        emulator: SwitchedEmulator,
        redis: RedisClient,
        redis_url: str,
        databases: Databases | None = None,
    ) -> None:
        self.scenario = scenario
        self._folder = folder
        self._zygote = zygote
        self._emulator = emulator
        self._redis = redis
        self._redis_url = redis_url
        self._databases = databases
        self._state: _State | None = None

    async def steps(self) -> list[Step]:
        """The scenario acted to its end, with nobody killed: its steps."""
        async with self._fresh() as place:
            told = await self._child(Order(scenario=self.scenario.name, place=place))
            assert (told.killed, told.code) == (False, 0), told.said
            return read_steps(place.steps)

    async def killed_at(
        self, number: int, *, when: When = "done", alive: bool = False, again: int | None = None
    ) -> list[str] | None:
        """Act, die at that step, recover, live on, judge: what is wrong; ``None``: it did not die.

        *again*: who takes over dies as well, at that step, if it does so much, and a third takes over.
        """
        async with self._fresh() as place:
            order = Order(scenario=self.scenario.name, place=place, dies_at=number, when=when, alive=alive)
            told = await self._child(order)
            if not told.killed:
                assert told.code == 0, told.said
                return None
            at_once = number % 2 == 1 or when == "asked" or alive
            place = _later(place)
            if again is not None:
                takes_over: TakesOver = "at once" if at_once else "in a moment"
                order = msgspec.structs.replace(order, place=place, dies_at=again, takes_over=takes_over)
                told = await self._child(order)
                assert told.killed or told.code == 0, told.said
                place = _later(place)
            return await self._recovered(
                place, at_once=at_once, every_event_known=when == "done" and not alive
            )

    async def _child(self, order: Order) -> Told:
        return await asyncio.to_thread(self._zygote.ask, order)

    async def _recovered(self, place: Place, *, at_once: bool, every_event_known: bool) -> list[str]:
        """Another process takes over, and life goes on."""
        scenario = self.scenario
        async with opened(place, concurrency=32) as world:
            await scenario.take_over(world, at_once=at_once)
            certain = every_event_known or not scenario.perhaps
            found = [f"effect: {sentence}" for sentence in await scenario.effect(world)] if certain else []
            await live_on(world)
            return found + await judge(world, every_event_known=every_event_known)

    # --- states ---------------------------------------------------------------------------------

    @asynccontextmanager
    async def _fresh(self) -> AsyncIterator[Place]:
        """The scenario's state, for one run."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            state = self._state = self._state or await self._made()
            await self._emulator.close()
            shutil.copytree(state.place.path, folder, dirs_exist_ok=True)
            await self._restore(state.redis)
            await self._emulator.open(folder, self.scenario.emulator)
            with self._store_in(folder) as url:
                if self._databases is not None:
                    self._databases.fill(url, state.database)
                yield msgspec.structs.replace(state.place, folder=str(folder), store_url=url)
        finally:
            await self._emulator.close()
            shutil.rmtree(folder)

    async def _made(self) -> _State:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        with self._store_in(folder) as url:
            place = await self._prepared(folder, url)
            database = self._databases.copy(url) if self._databases is not None else []
        return _State(place, await self._dump(), database)

    @contextmanager
    def _store_in(self, folder: Path) -> Iterator[str]:
        """The URL of the store of a world in that folder."""
        if self._databases is None:
            yield f"sqlite:///{folder}/store.sqlite3"
            return
        with self._databases.empty() as url:
            yield url

    async def _prepared(self, folder: Path, store_url: str) -> Place:
        await self._redis.call("FLUSHALL")
        await self._emulator.open(folder, {})
        place = Place(
            folder=str(folder),
            store_url=store_url,
            redis_url=self._redis_url,
            stripe_url=self._emulator.url,
            starts=START,
        )
        async with opened(place) as world:
            await populate(world, self.scenario.card)
            await self.scenario.prepare(world)
            ends = world.clock.wall().timestamp()
        (folder / "jumped").unlink(missing_ok=True)
        await self._emulator.open(folder, self.scenario.emulator)
        return msgspec.structs.replace(place, starts=ends)

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


def _later(place: Place) -> Place:
    """The same, for who comes after a process: city time never runs back, and it may have run on in it."""
    starts = place.starts + place.jumped() + TICKS_S
    (place.path / "jumped").unlink(missing_ok=True)
    return msgspec.structs.replace(place, starts=starts)


async def findings_of(runs: Runs, numbers: range, **how: Any) -> list[Finding]:
    """What was wrong after each of those kills; empty: nothing."""
    found = []
    for number in numbers:
        sentences = await runs.killed_at(number, **how)
        assert sentences is not None, f"nothing was killed at step {number}"
        if sentences:
            found.append(Finding(number, sentences))
    return found

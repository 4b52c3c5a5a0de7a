"""Fixtures of the crash tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from rig.mongo import choice

from support.crash.databases import Databases
from support.crash.fork_server import WRITE_DELAY_S, ForkServer
from support.crash.runner import ScenarioRunner, reloadable_emulator
from support.crash.scenarios import SCENARIOS
from support.store.engines import SQLITE, record_engine
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

MakeRunner = Callable[..., ScenarioRunner]  # (name of the scenario, databases=…)


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """One fork server for the session."""
    server = ForkServer()
    yield server
    server.end()


@pytest.fixture(scope="session")
def databases(mongodb_server: str) -> Iterator[Databases]:
    """Databases on the session's MongoDB."""
    made = Databases(mongodb_server)
    yield made
    made.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Databases | None:
    """The databases of the engine that the test is parametrised with; ``None`` for SQLite."""
    if request.param == "sqlite":
        record_engine(request, SQLITE)
        return None
    made: Databases = request.getfixturevalue("databases")
    record_engine(request, f"MongoDB: {choice().name}")
    return made


@pytest.fixture
async def make_runner(
    fork_server: ForkServer,
    tmp_path: Path,
    redis: RedisClient,
    redis_server: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MakeRunner]:
    """Makes the runner of a scenario, on SQLite unless MongoDB databases are given."""
    monkeypatch.setattr("supportcarr.kit.store.sqlite.writer.DEFER_S", WRITE_DELAY_S)
    async with reloadable_emulator() as emulator:

        def make(name: str, databases: Databases | None = None) -> ScenarioRunner:
            return ScenarioRunner(
                SCENARIOS[name],
                tmp_path,
                fork_server=fork_server,
                emulator=emulator,
                redis=redis,
                redis_url=redis_server.url,
                databases=databases,
            )

        yield make

"""What tests of crashes run with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from rig.mongo import choice

from support.crash.databases import Databases
from support.crash.fork_server import HURRIED_S, Zygote
from support.crash.runs import Runs, switched_emulator
from support.crash.scenarios import SCENARIOS
from support.store.engines import SQLITE, ran_on
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

MakeRuns = Callable[..., Runs]  # (scenario's name, databases=…)


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One warm process for the session."""
    warm = Zygote()
    yield warm
    warm.end()


@pytest.fixture(scope="session")
def databases(mongodb_server: str) -> Iterator[Databases]:
    """Databases on the session's MongoDB."""
    made = Databases(mongodb_server)
    yield made
    made.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Databases | None:
    """Where databases of the engine are that the test is parametrised with; none for the embedded one."""
    if request.param == "sqlite":
        ran_on(request, SQLITE)
        return None
    made: Databases = request.getfixturevalue("databases")
    ran_on(request, f"MongoDB: {choice().name}")
    return made


@pytest.fixture
async def runs_of(
    zygote: Zygote,
    tmp_path: Path,
    redis: RedisClient,
    redis_server: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MakeRuns]:
    """Makes the runs of a scenario, on SQLite unless databases of another engine are given."""
    monkeypatch.setattr("supportcarr.kit.store.sqlite.writer.DEFER_S", HURRIED_S)
    async with switched_emulator() as emulator:

        def make(name: str, databases: Databases | None = None) -> Runs:
            return Runs(
                SCENARIOS[name],
                tmp_path,
                zygote=zygote,
                emulator=emulator,
                redis=redis,
                redis_url=redis_server.url,
                databases=databases,
            )

        yield make

"""What tests of crashes run with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from support.crash_runs import Database, Runs, switched_twin
from support.crash_scenarios import SCENARIOS
from support.crash_zygote import HURRIED_S, Zygote
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.server import RedisServer
from supportcarr.kit.store import sqlite_writer

MakeRuns = Callable[..., Runs]  # (scenario's name, database=…)


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One warm process for the session."""
    warm = Zygote()
    yield warm
    warm.end()


@pytest.fixture
async def runs_of(
    zygote: Zygote,
    tmp_path: Path,
    redis: RedisClient,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MakeRuns]:
    """Makes the runs of a scenario, on SQLite unless a database of another engine is given."""
    monkeypatch.setattr(sqlite_writer, "UNHURRIED_S", HURRIED_S)
    async with switched_twin() as twin:

        def make(name: str, database: Database | None = None) -> Runs:
            return Runs(
                SCENARIOS[name],
                tmp_path,
                zygote=zygote,
                twin=twin,
                redis=redis,
                redis_url=redis_server.url,
                database=database,
            )

        yield make

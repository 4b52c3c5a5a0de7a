"""What takes too long for every day: the same scenarios on MongoDB, killed while a step is under way, and
killed while the relay works beside the request, as it does in a real process (the order of the steps is
then another each time, so the lists do not count)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pymongo import MongoClient

from support.crash_fixtures import MakeRuns
from support.crash_runs import Database, Runs, findings_of
from support.crash_scenarios import SCENARIOS
from support.mongo import with_database

pytestmark = pytest.mark.long

ON_MONGODB = pytest.mark.xdist_group("mongodb")


@pytest.fixture
def database(mongodb_server: str) -> Database:
    """Makes an empty database on MongoDB, and drops it in the end."""

    @contextmanager
    def made() -> Iterator[str]:
        name = f"crash_{secrets.token_hex(6)}"
        yield with_database(mongodb_server, name)
        with MongoClient[dict[str, object]](mongodb_server) as client:
            client.drop_database(name)

    return made


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=ON_MONGODB)])
def engine(request: pytest.FixtureRequest) -> Database | None:
    """Each engine in turn; none is the embedded one."""
    made: Database | None = request.getfixturevalue("database") if request.param == "mongodb" else None
    return made


async def _killed_until_the_end(runs: Runs) -> list[list[str]]:
    """Killed at each step of a life whose number of steps is not known before."""
    found: list[list[str]] = []
    for number in range(1, 1000):
        sentences = await runs.killed_at(number, alive=True)
        if sentences is None:
            return found
        if sentences:
            found.append([f"step {number}", *sentences])
    raise AssertionError("it never comes to its end")


@ON_MONGODB
@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_after_each_step_on_mongodb(name: str, runs_of: MakeRuns, database: Database) -> None:
    runs = runs_of(name, database)
    steps = len(await runs.steps())
    assert await findings_of(runs, range(1, steps + 1)) == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_while_a_step_is_under_way(
    name: str, runs_of: MakeRuns, engine: Database | None
) -> None:
    runs = runs_of(name, engine)
    steps = len(await runs.steps())
    assert await findings_of(runs, range(1, steps + 1), when="asked") == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_while_the_relay_works_beside_it(
    name: str, runs_of: MakeRuns, engine: Database | None
) -> None:
    assert await _killed_until_the_end(runs_of(name, engine)) == []

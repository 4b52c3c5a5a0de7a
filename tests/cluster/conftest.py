"""A sharded MongoDB of several nodes; without one these tests are passed over, and say so."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from rig.mongo import with_database

from support.mongo.cluster import NOT_HERE, PATIENCE_S, Cluster, router_url
from support.mongo.commands import Commands, commands
from support.store.writers import RIDES
from supportcarr.bootstrap.container import SPECS
from supportcarr.kit.store.mongo.cluster import command_runner, pin_regions
from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.rescues.collections import RESCUES

__all__ = ["commands"]

HOME = "east"  # the shard of three nodes; what is not sharded lies here
REGIONS = {"qc": HOME, "on": "west"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share the servers, and one kills some of them: never at the same time."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.xdist_group("mongodb"))
            if router_url() is None:
                item.add_marker(pytest.mark.skip(reason=NOT_HERE))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    url = router_url()
    assert url is not None, NOT_HERE
    return Cluster(url)


def _with_all(url: str) -> MongoStore:
    """A store with every collection of the platform, and one of the tests' own."""
    store = MongoStore(url, timeout_s=PATIENCE_S)
    for spec in (*SPECS, RIDES):
        store.collection(spec)
    return store


@pytest.fixture(scope="session")
def city(cluster: Cluster) -> Iterator[str]:
    """The URL of a database that is set up as a deployment's is, by the same code."""
    name = f"cluster_{secrets.token_hex(6)}"
    url = with_database(cluster.url, name)

    async def set_up() -> None:
        async with AsyncMongoClient[Row](cluster.url) as client:
            run = command_runner(client)
            await run("admin", {"enableSharding": name, "primaryShard": HOME})
            for spec in (RESCUES, RIDES):
                await pin_regions(run, name, spec, REGIONS)
        store = _with_all(url)
        await store.open()
        try:
            assert await store.check(apply=True) == []
        finally:
            await store.close()

    async def take_down() -> None:
        async with AsyncMongoClient[Row](cluster.url) as client:
            await client.drop_database(name)

    asyncio.run(set_up())
    yield url
    asyncio.run(take_down())


@pytest.fixture
async def store(city: str, commands: Commands) -> AsyncIterator[MongoStore]:
    """An open store whose commands are heard."""
    opened = _with_all(city)
    await opened.open()
    for spec in (*SPECS, RIDES):
        await opened.get_collection(spec.name).count()  # its look at the indexes is over
    commands.clear()
    yield opened
    await opened.close()


@pytest.fixture
async def raw(city: str) -> AsyncIterator[AsyncDatabase[Row]]:
    """The same database without our engine."""
    async with AsyncMongoClient[Row](city) as client:
        yield client.get_default_database()

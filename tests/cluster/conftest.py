"""Fixtures for a sharded MongoDB of several nodes; without one these tests are skipped with a reason."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from rig.mongo import with_database

from support.mongo.cluster import SKIP_REASON, TIMEOUT_S, Cluster, router_url
from support.mongo.commands import Commands, commands
from support.store.writers import RIDES
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.store.mongo.cluster import command_runner, pin_regions
from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.rescues.collections import RESCUES

__all__ = ["commands"]

PRIMARY_SHARD = "east"  # the shard of three nodes; it holds unsharded collections
REGIONS = {"qc": PRIMARY_SHARD, "on": "west"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run them one after the other: they share the servers, and one test kills some of them."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.xdist_group("mongodb"))
            if router_url() is None:
                item.add_marker(pytest.mark.skip(reason=SKIP_REASON))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    url = router_url()
    assert url is not None, SKIP_REASON
    return Cluster(url)


def _with_all(url: str) -> MongoStore:
    """A store with every collection of the platform and one for the tests."""
    store = MongoStore(url, timeout_s=TIMEOUT_S)
    for spec in (*SPECS, RIDES):
        store.collection(spec)
    return store


@pytest.fixture(scope="session")
def database_url(cluster: Cluster) -> Iterator[str]:
    """The URL of a database that is set up by the code that deployments use."""
    name = f"cluster_{secrets.token_hex(6)}"
    url = with_database(cluster.url, name)

    async def set_up() -> None:
        async with AsyncMongoClient[Row](cluster.url) as client:
            run = command_runner(client)
            await run("admin", {"enableSharding": name, "primaryShard": PRIMARY_SHARD})
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
async def store(database_url: str, commands: Commands) -> AsyncIterator[MongoStore]:
    """An open store whose commands are recorded."""
    opened = _with_all(database_url)
    await opened.open()
    for spec in (*SPECS, RIDES):
        await opened.get_collection(spec.name).count()  # checks the indexes
    commands.clear()
    yield opened
    await opened.close()


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[AsyncDatabase[Row]]:
    """The same database through the driver alone."""
    async with AsyncMongoClient[Row](database_url) as client:
        yield client.get_default_database()

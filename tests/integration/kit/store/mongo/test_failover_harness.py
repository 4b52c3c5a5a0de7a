"""The checks that ``tests/cluster`` makes after a failover find lost, partial and duplicated writes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from support.mongo.cluster import direct_url, members_of, service_of
from support.store.writers import RIDES, Ride, Writers
from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import Collection

pytestmark = pytest.mark.xdist_group("mongodb")


@pytest.fixture
async def rides(mongodb: str) -> AsyncIterator[Collection[Ride]]:
    store = MongoStore(mongodb, timeout_s=60)
    await store.open()
    yield store.collection(RIDES)
    await store.close()


async def written(rides: Collection[Ride]) -> Writers:
    async with Writers(rides) as writers:
        await writers.wait_for_more(100)
    return writers


async def test_complete_data_has_no_findings(rides: Collection[Ride]) -> None:
    writers = await written(rides)
    assert writers.count >= 100
    assert await writers.findings() == []


async def test_lost_partial_and_duplicated_writes_are_found(rides: Collection[Ride], mongodb: str) -> None:
    writers = await written(rides)
    lost, halved, doubled = (n for n, version in sorted(writers.acknowledged.items())[:3] if version == 2)
    async with AsyncMongoClient[Row](mongodb) as client:
        raw = client.get_default_database()[RIDES.name]
        await raw.delete_one({"_id": lost})
        await raw.update_one({"_id": halved}, {"$pop": {"outbox": 1}})
        await raw.update_one({"_id": doubled}, {"$inc": {"version": 1}})
    assert sorted(await writers.findings()) == sorted(
        [
            f"{lost} was acknowledged as version 2, and is None",
            f"{halved} is at version 2 and has the events of [1]",
            f"{doubled} is at version 3, which was not acknowledged",
            f"{doubled} is at version 3 and has the events of [1, 2]",
        ]
    )


def test_members_are_reached_by_their_published_ports() -> None:
    listed = {
        "shards": [{"_id": "west", "host": "west/c:3"}, {"_id": "east", "host": "east/east-1:27101,b:2"}]
    }
    assert members_of(listed, "east") == ("east-1:27101", "b:2")
    assert service_of("east-1:27101") == "east-1"
    assert direct_url("east-1:27101") == "mongodb://127.0.0.1:27101/?directConnection=true"

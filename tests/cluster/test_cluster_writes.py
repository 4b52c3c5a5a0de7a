"""Writes wait for the majority and take effect once even if they are retried; acknowledged writes survive a
kill -9 of the primary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from support.mongo.cluster import Cluster
from support.mongo.commands import Commands, name_of
from support.store.fixtures import pending, word_of
from support.store.writers import RIDES, Ride, Writers
from supportcarr.kit.store.mongo.engine import MongoStore

WRITES = ("insert", "update", "delete", "findAndModify")
SHUTTING_DOWN = 91
BEFORE_IT_IS_DONE: dict[str, object] = {"closeConnection": True}
AFTER_IT_IS_DONE: dict[str, object] = {
    "writeConcernError": {"code": SHUTTING_DOWN, "errmsg": "for the test"},
    "errorLabels": ["RetryableWriteError"],
}


def transaction_numbers(commands: Commands, name: str) -> list[tuple[bytes, int]]:
    """The session and transaction number of each write command of that name."""
    return [
        (command["lsid"]["id"], command["txnNumber"]) for command in commands.of_collection(RIDES.name, name)
    ]


async def test_every_write_waits_for_the_majority_and_has_a_transaction_number(
    store: MongoStore, commands: Commands
) -> None:
    rides = store.collection(RIDES)
    ride = await rides.insert(Ride(id="res_qc_number", region="qc"), pending("in"))
    await rides.mark_published((await rides.pending_events(ride.id))[0])
    ride = await rides.save(ride)
    await rides.delete(ride.id, ride.version)
    written = [command for command in commands.sent if name_of(command) in WRITES]
    assert {name_of(command) for command in written} == set(WRITES)
    for command in written:
        assert command["writeConcern"]["w"] == "majority"
        assert command["txnNumber"] > 0


@pytest.mark.parametrize("fault", [BEFORE_IT_IS_DONE, AFTER_IT_IS_DONE], ids=["before", "after"])
async def test_a_write_whose_response_was_lost_is_retried_and_takes_effect_once(
    cluster: Cluster, store: MongoStore, commands: Commands, fault: Mapping[str, Any]
) -> None:
    rides = store.collection(RIDES)
    name = f"res_qc_again{'before' if fault is BEFORE_IT_IS_DONE else 'after'}"
    async with cluster.failing(["insert"], **fault):
        ride = await rides.insert(Ride(id=name, region="qc"), pending("in"))
    async with cluster.failing(["update"], **fault):
        saved = await rides.save(ride, pending("again"))
    for command in ("insert", "update"):
        assert list(Counter(transaction_numbers(commands, command)).values()) == [2]
    assert saved.version == 2
    assert await rides.get(name) == saved
    assert [word_of(event) for event in await rides.pending_events(name)] == ["in", "again"]


async def test_acknowledged_writes_survive_a_failover(
    cluster: Cluster, store: MongoStore, commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    rides = store.collection(RIDES)
    primary = await cluster.primary("east")
    async with Writers(rides) as writers:
        await writers.wait_for_more(400)
        async with cluster.killed(primary):
            elected = await cluster.primary("east", other_than=primary)
            await writers.wait_for_more(400)
        await writers.wait_for_more(100)  # with all three members running again
    assert elected != primary
    assert await writers.findings() == []
    with capsys.disabled():
        sys.stdout.write(
            f"\n{primary} killed, {elected} elected; {writers.count} writes acknowledged, all present; "
            f"{len(writers.unknown)} of unknown outcome; {_retries(commands)} retried by the driver\n"
        )


def _retries(commands: Commands) -> int:
    def numbered() -> Iterator[tuple[bytes, int]]:
        for name in ("insert", "update"):
            yield from transaction_numbers(commands, name)

    return sum(times - 1 for times in Counter(numbered()).values())


async def test_acknowledged_writes_survive_two_failovers(cluster: Cluster, store: MongoStore) -> None:
    rides = store.collection(RIDES)
    async with Writers(rides) as writers:
        for _ in range(2):
            await writers.wait_for_more(200)
            primary = await cluster.primary("east")
            async with cluster.killed(primary):
                await cluster.primary("east", other_than=primary)
                await writers.wait_for_more(200)
    assert await writers.findings() == []

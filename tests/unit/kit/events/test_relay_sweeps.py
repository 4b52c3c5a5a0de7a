"""A sweep hands on what a crash left, whatever stands in its way."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from support.relays import FailsFirst, JobList, RecordingConsumer, outbox, save_again
from support.store.fixtures import PARCELS, Parcel, pending, store_at
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DomainEvent
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.store.port import Collection, StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore

pytestmark = pytest.mark.usefixtures("logs")


async def test_a_sweep_repeats_what_a_crash_left_in_document_order(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one", "two"))  # nobody was there to be told
    await save_again(parcels, "p", "three")
    gone = await parcels.insert(Parcel(id="q"), pending("deleted"))
    await parcels.delete("q", gone.version)
    witness = RecordingConsumer()
    relay = Relay(store, [witness.consumer], jobs)
    assert await relay.sweep(older_than_s=3600) == 0
    assert witness.words == []
    assert await relay.sweep(older_than_s=0) == 2
    assert [word for word in witness.words if word != "deleted"] == ["one", "two", "three"]
    assert "deleted" in witness.words
    assert await outbox(store) == []
    assert await relay.sweep(older_than_s=0) == 0


async def test_the_sweeper_sweeps_until_it_is_stopped(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("left"))
    witness = RecordingConsumer()
    relay = Relay(store, [witness.consumer], jobs)
    relay.start_sweeping(every_s=0.01)
    while not witness.seen:
        await asyncio.sleep(0.005)
    assert await relay.drain()
    await relay.stop()
    await parcels.insert(Parcel(id="q"), pending("after the end"))
    await asyncio.sleep(0.05)
    assert witness.words == ["left"]
    assert await outbox(store) == [("parcels", "q")]


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("broken")])
async def test_a_sweep_that_fails_does_not_end_the_sweeping(
    store: SqliteStore,
    parcels: Collection[Parcel],
    jobs: JobList,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    await parcels.insert(Parcel(id="p"), pending("left"))
    witness = RecordingConsumer()
    relay = Relay(store, [witness.consumer], jobs)
    look, left = store.outbox, [1, 2]

    async def broken(*, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        if left:
            left.pop()
            raise error
        return await look(older_than_s=older_than_s, limit=limit)

    monkeypatch.setattr(store, "outbox", broken)
    relay.start_sweeping(every_s=0.005)
    async with asyncio.timeout(10):
        while not witness.seen:
            await asyncio.sleep(0.005)
    await relay.stop()
    assert left == []


async def test_a_crash_before_the_event_is_taken_out_runs_its_consumers_again(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = RecordingConsumer(), RecordingConsumer()
    crashing = Relay(store, [first.consumer], jobs)
    reached = asyncio.Event()

    async def hang(event: EventEnvelope) -> None:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(parcels, "mark_published", hang)
        await parcels.insert(Parcel(id="p"), pending("one"))
        await reached.wait()
        await crashing.stop()
    assert await outbox(store) == [("parcels", "p")]
    assert await Relay(store, [second.consumer], jobs).sweep(older_than_s=0) == 1
    assert (first.words, second.words) == (["one"], ["one"])
    assert await outbox(store) == []


async def test_poisoned_documents_do_not_keep_a_sweep_from_the_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    for n in range(5):
        await parcels.insert(Parcel(id=f"poison{n}"), pending("poison"))
    await parcels.insert(Parcel(id="healthy"), pending("healthy"))
    witness = RecordingConsumer()
    witness.before_handling = FailsFirst("poison", 10**6, RuntimeError("broken"))
    relay = Relay(store, [witness.consumer], jobs)
    for _ in range(3):
        await relay.sweep(older_than_s=0, limit=3)
    assert witness.words == ["healthy"]
    await relay.stop()


async def test_two_relays_on_the_same_documents_keep_order_for_who_remembers_event_ids(
    store: SqliteStore, jobs: JobList
) -> None:
    """Each store, as in two processes, relays; both also sweep all the time; one consumer, which
    drops what it has seen, as the port asks of it."""
    other = store_at(f"sqlite:///{store.path}")
    other.collection(PARCELS)
    await other.open()
    effects: dict[str, list[str]] = defaultdict(list)
    given: list[str] = []

    async def remember(event: EventEnvelope) -> None:
        given.append(event.id)
        await asyncio.sleep(0.001 * (len(given) % 3))
        if event.id not in effects[event.document_id]:
            effects[event.document_id].append(event.id)

    consumer = Consumer("test.remember", (DomainEvent,), remember, Phase.REACTION)
    relays = [Relay(store, [consumer], jobs), Relay(other, [consumer], jobs)]
    collections = [store.collection(PARCELS), other.collection(PARCELS)]
    for relay in relays:
        relay.start_sweeping(every_s=0.005)

    async def write(name: str) -> None:
        parcel = await collections[0].insert(Parcel(id=name), pending("in"))
        for n in range(20):
            parcel = await collections[n % 2].save(parcel, pending(str(n)))

    await asyncio.gather(*(write(f"p{n}") for n in range(5)))
    for relay in relays:
        assert await relay.drain()
    while await outbox(store):
        await asyncio.sleep(0.005)
    for relay in relays:
        await relay.stop()
    await other.close()
    for n in range(5):
        assert effects[f"p{n}"] == [f"p{n}.{version}.0" for version in range(1, 22)]


async def test_events_of_a_collection_nobody_declared_are_left_alone(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one"))
    stranger = store_at(f"sqlite:///{store.path}")
    await stranger.open()
    relay = Relay(stranger, [], jobs)
    assert await relay.sweep(older_than_s=0) == 1
    assert await outbox(store) == [("parcels", "p")]
    await relay.stop()
    await stranger.close()


async def test_an_event_that_cannot_be_read_holds_up_its_document_alone(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one"))
    await store.write(lambda connection: connection.execute("UPDATE _outbox SET body = '{}'").rowcount)
    witness = RecordingConsumer()
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="q"), pending("two"))
    await relay.sweep(older_than_s=0)
    assert witness.words == ["two"]
    assert await outbox(store) == [("parcels", "p")]
    await relay.stop()

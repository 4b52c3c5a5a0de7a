"""A sweep delivers the events that a crash left in the outbox, despite failures."""

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


async def test_a_sweep_delivers_leftover_events_in_document_order(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one", "two"))  # before any relay exists
    await save_again(parcels, "p", "three")
    deleted = await parcels.insert(Parcel(id="q"), pending("deleted"))
    await parcels.delete("q", deleted.version)
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    assert await relay.sweep(older_than_s=3600) == 0
    assert recorder.words == []
    assert await relay.sweep(older_than_s=0) == 2
    assert [word for word in recorder.words if word != "deleted"] == ["one", "two", "three"]
    assert "deleted" in recorder.words
    assert await outbox(store) == []
    assert await relay.sweep(older_than_s=0) == 0


async def test_the_sweeper_sweeps_until_it_is_stopped(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("left"))
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    relay.start_sweeping(every_s=0.01)
    while not recorder.received:
        await asyncio.sleep(0.005)
    assert await relay.drain()
    await relay.stop()
    await parcels.insert(Parcel(id="q"), pending("after the end"))
    await asyncio.sleep(0.05)
    assert recorder.words == ["left"]
    assert await outbox(store) == [("parcels", "q")]


@pytest.mark.parametrize("error", [StoreUnavailable("unavailable"), RuntimeError("broken")])
async def test_a_failed_sweep_is_followed_by_the_next(
    store: SqliteStore,
    parcels: Collection[Parcel],
    jobs: JobList,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    await parcels.insert(Parcel(id="p"), pending("left"))
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    outbox_of_store, failures_left = store.outbox, [1, 2]

    async def broken(*, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        if failures_left:
            failures_left.pop()
            raise error
        return await outbox_of_store(older_than_s=older_than_s, limit=limit)

    monkeypatch.setattr(store, "outbox", broken)
    relay.start_sweeping(every_s=0.005)
    async with asyncio.timeout(45):
        while not recorder.received:
            await asyncio.sleep(0.005)
    await relay.stop()
    assert failures_left == []


async def test_a_crash_before_the_event_is_marked_published_runs_its_consumers_again(
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


async def test_documents_that_always_fail_do_not_block_the_sweep_of_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    for n in range(5):
        await parcels.insert(Parcel(id=f"poison{n}"), pending("poison"))
    await parcels.insert(Parcel(id="healthy"), pending("healthy"))
    recorder = RecordingConsumer()
    recorder.before_handling = FailsFirst("poison", 10**6, RuntimeError("broken"))
    relay = Relay(store, [recorder.consumer], jobs)
    for _ in range(3):
        await relay.sweep(older_than_s=0, limit=3)
    assert recorder.words == ["healthy"]
    await relay.stop()


async def test_two_relays_keep_the_order_for_a_consumer_that_drops_known_event_ids(
    store: SqliteStore, jobs: JobList
) -> None:
    """Two stores, as in two processes, relay and sweep continuously.

    The consumer drops the event ids it has seen, as consumers must.
    """
    other = store_at(f"sqlite:///{store.path}")
    other.collection(PARCELS)
    await other.open()
    effects: dict[str, list[str]] = defaultdict(list)
    received: list[str] = []

    async def remember(event: EventEnvelope) -> None:
        received.append(event.id)
        await asyncio.sleep(0.001 * (len(received) % 3))
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


async def test_events_of_an_undeclared_collection_stay_in_the_outbox(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one"))
    other_store = store_at(f"sqlite:///{store.path}")
    await other_store.open()
    relay = Relay(other_store, [], jobs)
    assert await relay.sweep(older_than_s=0) == 1
    assert await outbox(store) == [("parcels", "p")]
    await relay.stop()
    await other_store.close()


async def test_an_unreadable_event_holds_back_only_its_document(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), pending("one"))
    await store.write(lambda connection: connection.execute("UPDATE _outbox SET body = '{}'").rowcount)
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="q"), pending("two"))
    await relay.sweep(older_than_s=0)
    assert recorder.words == ["two"]
    assert await outbox(store) == [("parcels", "p")]
    await relay.stop()

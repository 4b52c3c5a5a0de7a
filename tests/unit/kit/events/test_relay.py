"""The relay delivers each event to all of its consumers, in order, and retries until each succeeds."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import msgspec
import pytest

from support.relays import FailsFirst, JobList, RecordingConsumer, outbox, save_again
from support.store.fixtures import NOON, Parcel, pending, word_of
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import DomainEvent, DriverArrived, PinLocked, RescueMoved, UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore

pytestmark = pytest.mark.usefixtures("logs")


async def test_events_are_delivered_at_once_and_leave_the_outbox(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one", "two"))
    assert await relay.drain()
    assert [event.id for event in recorder.received] == ["p.1.0", "p.1.1"]
    assert recorder.words == ["one", "two"]
    assert await outbox(store) == []
    assert relay.stats() == {"published_total": 2, "failures_total": 0, "waiting": 0, "retrying": 0}


async def test_the_first_events_of_a_document_are_not_read_back_and_later_ones_are(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    pending_events = type(parcels).pending_events

    async def recording_pending_events(collection: Collection[Parcel], id: str) -> list[EventEnvelope]:
        read.append(id)
        return await pending_events(collection, id)

    monkeypatch.setattr(type(parcels), "pending_events", recording_pending_events)
    recorder = RecordingConsumer()
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one"))
    assert await relay.drain()
    assert (recorder.words, read) == (["one"], [])
    await save_again(parcels, "p", "two")
    assert await relay.drain()
    assert (recorder.words, read) == (["one", "two"], ["p"])


async def test_a_document_changed_before_its_first_delivery_keeps_its_order(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    gate = asyncio.Event()
    busy, recorder = RecordingConsumer("test.busy"), RecordingConsumer()

    async def wait(event: EventEnvelope) -> None:
        await gate.wait()

    busy.before_handling = wait
    relay = Relay(store, [busy.consumer, recorder.consumer], jobs, concurrency=1)
    await parcels.insert(Parcel(id="first"), pending("zero"))
    await parcels.insert(Parcel(id="p"), pending("one"))  # waits until the first is delivered
    await save_again(parcels, "p", "two")
    gate.set()
    assert await relay.drain()
    assert recorder.words == ["zero", "one", "two"]
    assert await outbox(store) == []


async def test_consumer_gets_its_event_types_and_their_subclasses(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    moves, sign_ups, both = (
        RecordingConsumer("test.moves", RescueMoved),
        RecordingConsumer("test.sign_ups", UserSignedUp),
        RecordingConsumer("test.both", DriverArrived, UserSignedUp),
    )
    relay = Relay(store, [moves.consumer, sign_ups.consumer, both.consumer], jobs)
    people = {"rescue_id": "res", "rider_id": "usr", "area_id": "montreal"}
    recorded_events = (
        DriverArrived(**people, status="arrived"),
        UserSignedUp(user_id="usr", role="rider"),
        PinLocked(**people, driver_id="usr"),
    )
    await parcels.insert(Parcel(id="p"), PendingEvents(recorded_events, SYSTEM, NOON))
    assert await relay.drain()
    assert [event.event for event in moves.received] == [recorded_events[0]]
    assert [event.event for event in sign_ups.received] == [recorded_events[1]]
    assert [event.event for event in both.received] == [recorded_events[0], recorded_events[1]]
    assert await outbox(store) == []


async def test_a_slow_consumer_gets_a_job_that_carries_the_event(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    async def not_called(event: EventEnvelope) -> None:
        raise AssertionError("a slow consumer does not run in the relay")

    relay = Relay(
        store, [Consumer("test.slow", (UserSignedUp,), not_called, Phase.REACTION, slow=True)], jobs
    )
    await parcels.insert(Parcel(id="p"), pending("one"))
    assert await relay.drain()
    [(key, payload)] = jobs.added.items()
    assert key == "parcels.p.1.0:test.slow"
    assert word_of(msgspec.json.decode(payload, type=EventEnvelope)) == "one"
    assert await outbox(store) == []


async def test_events_of_one_document_keep_their_order_whatever_the_delays(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    recorder = RecordingConsumer()

    async def delay_the_first(event: EventEnvelope) -> None:
        await asyncio.sleep(0.02 if event.document_version == 1 else 0)

    recorder.before_handling = delay_the_first
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("1"))
    for n in range(2, 8):
        await save_again(parcels, "p", str(n))
    assert await relay.drain()
    assert recorder.words == list("1234567")


async def test_documents_do_not_wait_for_each_other(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    recorder = RecordingConsumer()
    blocked = asyncio.Event()

    async def block_the_first(event: EventEnvelope) -> None:
        if event.document_id == "blocked":
            await blocked.wait()

    recorder.before_handling = block_the_first
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="blocked"), pending("blocked"))
    for n in range(5):
        await parcels.insert(Parcel(id=f"p{n}"), pending(str(n)))
    async with asyncio.timeout(45):
        while len(recorder.words) < 5:
            await asyncio.sleep(0.001)
    assert not await relay.drain(0.05)
    assert sorted(recorder.words) == list("01234")
    blocked.set()
    assert await relay.drain()
    assert recorder.words[-1] == "blocked"


async def test_the_number_of_concurrent_documents_is_bounded(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    current, maximum = 0, 0

    async def measure(event: EventEnvelope) -> None:
        nonlocal current, maximum
        current += 1
        maximum = max(maximum, current)
        await asyncio.sleep(0.001)
        current -= 1

    relay = Relay(
        store, [Consumer("test.measure", (DomainEvent,), measure, Phase.REACTION)], jobs, concurrency=3
    )
    await asyncio.gather(*(parcels.insert(Parcel(id=f"p{n}"), pending("in")) for n in range(30)))
    assert await relay.drain()
    assert maximum == 3
    assert await outbox(store) == []


async def test_draining_includes_events_that_consumers_save(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    recorder = RecordingConsumer()

    async def follow(event: EventEnvelope) -> None:
        if event.document_version < 4:
            await save_again(parcels, event.document_id, f"after {event.document_version}")

    recorder.before_handling = follow
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("first"))
    assert await relay.drain()
    assert recorder.words == ["first", "after 1", "after 2", "after 3"]


@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), StoreUnavailable("unavailable"), RetryLater(0.01, "not yet")]
)
async def test_a_failure_holds_back_later_events_of_its_document_until_it_succeeds(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, error: Exception
) -> None:
    recorder = RecordingConsumer()
    recorder.before_handling = FailsFirst("one", 2, error)
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one", "two"))
    await save_again(parcels, "p", "three")
    await parcels.insert(Parcel(id="q"), pending("other"))
    assert await relay.drain()
    assert [word for word in recorder.words if word != "other"] == ["one", "two", "three"]
    assert "other" in recorder.words
    assert await outbox(store) == []
    assert relay.stats()["failures_total"] == (0 if isinstance(error, RetryLater) else 2)


async def test_a_failing_consumer_neither_stops_nor_repeats_the_others(
    store: SqliteStore,
    parcels: Collection[Parcel],
    jobs: JobList,
    logs: list[MutableMapping[str, Any]],
) -> None:
    before, failing, after = (
        RecordingConsumer("test.a"),
        RecordingConsumer("test.b"),
        RecordingConsumer("test.c"),
    )
    failing.before_handling = FailsFirst("one", 2, RuntimeError("broken"))
    slow = Consumer("test.slow", (DomainEvent,), failing.handle, Phase.REACTION, slow=True)
    relay = Relay(store, [before.consumer, failing.consumer, slow, after.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one"))
    while not relay.stats()["retrying"]:
        await asyncio.sleep(0)
    assert (before.words, failing.words, after.words) == (["one"], [], ["one"])
    assert await outbox(store) == [("parcels", "p")]
    assert await relay.drain()
    assert (before.words, failing.words, after.words) == (["one"], ["one"], ["one"])
    assert jobs.calls == 1
    failures = [line for line in logs if line["event"] == "outbox_consumer_failed"]
    assert [(line["consumer"], line["event_id"], line["failures"]) for line in failures] == [
        ("test.b", "p.1.0", 1),
        ("test.b", "p.1.0", 2),
    ]


@pytest.mark.parametrize("error", [RuntimeError("broken"), RetryLater(30, "not yet")])
async def test_a_failing_consumer_does_not_delay_later_events_for_the_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, error: Exception
) -> None:
    stuck, others = RecordingConsumer("test.stuck"), RecordingConsumer("test.others")
    stuck.before_handling = FailsFirst("one", 1, error)
    relay = Relay(store, [stuck.consumer, others.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one", "two"))
    async with asyncio.timeout(45):
        while others.words != ["one", "two"] or not relay.stats()["retrying"]:
            await asyncio.sleep(0)
    assert stuck.words == []
    await save_again(parcels, "p", "three")  # a commit triggers a retry at once, whatever the delay
    assert await relay.drain()
    assert stuck.words == others.words == ["one", "two", "three"]
    assert await outbox(store) == []


async def test_no_event_leaves_the_outbox_before_an_earlier_one_of_its_document(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    stuck, others = RecordingConsumer("test.stuck", DriverArrived), RecordingConsumer("test.others")
    people = {"rescue_id": "res", "rider_id": "usr", "area_id": "montreal"}
    arrived = PendingEvents((DriverArrived(**people, status="arrived"),), SYSTEM, NOON)

    async def fail(event: EventEnvelope) -> None:
        raise RetryLater(30, "not yet")

    stuck.before_handling = fail
    relay = Relay(store, [stuck.consumer, others.consumer], jobs)
    await parcels.insert(Parcel(id="p"), arrived)
    await save_again(parcels, "p", "two")
    async with asyncio.timeout(45):
        while len(others.received) < 2 or not relay.stats()["retrying"]:
            await asyncio.sleep(0)
    assert [event.id for event in await parcels.pending_events("p")] == ["p.1.0", "p.2.0"]
    await relay.stop()


async def test_an_event_saved_during_a_failing_handler_reaches_the_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    others = RecordingConsumer("test.others")

    async def save_and_fail(event: EventEnvelope) -> None:
        if word_of(event) == "one":
            if event.document_version == (await stored()).version:
                await save_again(parcels, "p", "two")
            raise RetryLater(30, "not yet")

    async def stored() -> Parcel:
        parcel = await parcels.get("p")
        assert parcel is not None
        return parcel

    relay = Relay(
        store, [Consumer("test.stuck", (DomainEvent,), save_and_fail, Phase.REACTION), others.consumer], jobs
    )
    await parcels.insert(Parcel(id="p"), pending("one"))
    async with asyncio.timeout(45):
        while others.words != ["one", "two"]:
            await asyncio.sleep(0.001)
    await relay.stop()


async def test_an_event_stays_in_the_outbox_until_its_job_is_stored(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    jobs.broken = True
    recorder = RecordingConsumer()
    relay = Relay(
        store, [Consumer("test.slow", (DomainEvent,), recorder.handle, Phase.REACTION, slow=True)], jobs
    )
    await parcels.insert(Parcel(id="p"), pending("one"))
    assert not await relay.drain(0.05)
    assert await outbox(store) == [("parcels", "p")]
    jobs.broken = False
    assert await relay.drain()
    assert list(jobs.added) == ["parcels.p.1.0:test.slow"]
    assert await outbox(store) == []


async def test_draining_without_retries_leaves_failing_documents(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    recorder = RecordingConsumer()
    recorder.before_handling = FailsFirst("one", 1000, RuntimeError("broken"))
    relay = Relay(store, [recorder.consumer], jobs)
    await parcels.insert(Parcel(id="p"), pending("one"))
    await parcels.insert(Parcel(id="q"), pending("two"))
    assert await relay.drain(retries=False)
    assert recorder.words == ["two"]
    assert relay.stats()["retrying"] == 1
    await relay.stop()


def test_two_consumers_cannot_share_a_name(store: SqliteStore, jobs: JobList) -> None:
    with pytest.raises(ValueError, match=r"test\.recording"):
        Relay(store, [RecordingConsumer().consumer, RecordingConsumer().consumer], jobs)


@pytest.mark.parametrize("turns", range(8))
async def test_a_drain_that_is_cancelled_as_it_finishes_is_cancelled(
    store: SqliteStore, jobs: JobList, turns: int
) -> None:
    relay = Relay(store, [], jobs)

    async def drain_and_wait() -> None:
        await relay.drain()
        await asyncio.Event().wait()

    task = asyncio.create_task(drain_and_wait())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=30)
    lost = not task.done()
    task.cancel()
    assert not lost

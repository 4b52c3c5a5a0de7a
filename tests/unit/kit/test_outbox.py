"""The relay hands every event to all who react to it, in order, and again until it is done."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from datetime import datetime
from typing import Any

import msgspec
import pytest
import structlog

from support.stores import NOON, PARCELS, Parcel, recorded, store_at, word_of
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.events import (
    DriverArrived,
    Event,
    Fact,
    PinLocked,
    Recorded,
    RescueMoved,
    UserSignedUp,
)
from supportcarr.kit.outbox import Relay
from supportcarr.kit.store.port import Collection, StoreUnavailable
from supportcarr.kit.store.sqlite import SqliteStore
from supportcarr.kit.work import Again, Consumer


class JobList:
    """The jobs that were added, each once a name and key, as ``kit.jobs`` keeps them."""

    def __init__(self) -> None:
        self.added: dict[str, bytes] = {}
        self.calls = 0
        self.broken = False

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        self.calls += 1
        if self.broken:
            raise ConnectionError("the job store is away")
        self.added.setdefault(f"{key}:{name}", payload)


class Witness:
    """A quick consumer that remembers what it was given, and may fail first."""

    def __init__(self, name: str = "test.witness", *facts: type[Fact]) -> None:
        self.seen: list[Event] = []
        self.consumer = Consumer(name, facts or (Fact,), self.handle)
        self.trouble: Callable[[Event], Awaitable[None]] | None = None

    async def handle(self, event: Event) -> None:
        if self.trouble is not None:
            await self.trouble(event)
        self.seen.append(event)

    @property
    def words(self) -> list[str]:
        return [word_of(event) for event in self.seen]


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged (and not rendered: tracebacks with all their locals take seconds)."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def parcels(store: SqliteStore) -> Collection[Parcel]:
    return store.collection(PARCELS)


@pytest.fixture
def jobs() -> JobList:
    return JobList()


async def save_again(parcels: Collection[Parcel], name: str, word: str) -> None:
    parcel = await parcels.get(name)
    assert parcel is not None
    await parcels.save(parcel, recorded(word))


async def outbox(store: SqliteStore) -> list[tuple[str, str]]:
    return await store.outbox(older_than_s=0, limit=1000)


async def test_events_are_handed_on_at_once_and_leave_the_outbox(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    witness = Witness()
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one", "two"))
    assert await relay.drain()
    assert [event.id for event in witness.seen] == ["p.1.0", "p.1.1"]
    assert witness.words == ["one", "two"]
    assert await outbox(store) == []
    assert relay.stats() == {"relayed": 2, "failures": 0, "waiting": 0, "retrying": 0}


async def test_the_first_events_of_a_document_are_not_read_back_and_later_ones_are(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    unrelayed = type(parcels).unrelayed

    async def watched(collection: Collection[Parcel], id: str) -> list[Event]:
        read.append(id)
        return await unrelayed(collection, id)

    monkeypatch.setattr(type(parcels), "unrelayed", watched)
    witness = Witness()
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    assert await relay.drain()
    assert (witness.words, read) == (["one"], [])
    await save_again(parcels, "p", "two")
    assert await relay.drain()
    assert (witness.words, read) == (["one", "two"], ["p"])


async def test_a_document_that_changes_before_its_first_events_are_handed_on_keeps_its_order(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    gate = asyncio.Event()
    busy, witness = Witness("test.busy"), Witness()

    async def wait(event: Event) -> None:
        await gate.wait()

    busy.trouble = wait
    relay = Relay(store, [busy.consumer, witness.consumer], jobs, concurrency=1)
    await parcels.insert(Parcel(id="first"), recorded("zero"))
    await parcels.insert(Parcel(id="p"), recorded("one"))  # waits for the first to be through
    await save_again(parcels, "p", "two")
    gate.set()
    assert await relay.drain()
    assert witness.words == ["zero", "one", "two"]
    assert await outbox(store) == []


async def test_a_consumer_is_given_the_facts_it_names_and_those_derived_from_them(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    moves, sign_ups, both = (
        Witness("test.moves", RescueMoved),
        Witness("test.sign_ups", UserSignedUp),
        Witness("test.both", DriverArrived, UserSignedUp),
    )
    relay = Relay(store, [moves.consumer, sign_ups.consumer, both.consumer], jobs)
    people = {"rescue_id": "res", "rider_id": "usr", "area_id": "montreal"}
    facts = (
        DriverArrived(**people, status="arrived"),
        UserSignedUp(user_id="usr", role="rider"),
        PinLocked(**people, driver_id="usr"),
    )
    await parcels.insert(Parcel(id="p"), Recorded(facts, SYSTEM, NOON))
    assert await relay.drain()
    assert [event.fact for event in moves.seen] == [facts[0]]
    assert [event.fact for event in sign_ups.seen] == [facts[1]]
    assert [event.fact for event in both.seen] == [facts[0], facts[1]]
    assert await outbox(store) == []


async def test_a_slow_consumer_gets_a_job_that_carries_the_event(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    async def never(event: Event) -> None:
        raise AssertionError("a slow consumer does not run in the relay")

    relay = Relay(store, [Consumer("test.slow", (UserSignedUp,), never, slow=True)], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    assert await relay.drain()
    [(key, payload)] = jobs.added.items()
    assert key == "parcels.p.1.0:test.slow"
    assert word_of(msgspec.json.decode(payload, type=Event)) == "one"
    assert await outbox(store) == []


async def test_events_of_one_document_keep_their_order_however_slow_they_are(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    witness = Witness()

    async def dawdle(event: Event) -> None:
        await asyncio.sleep(0.02 if event.document_version == 1 else 0)

    witness.trouble = dawdle
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("1"))
    for n in range(2, 8):
        await save_again(parcels, "p", str(n))
    assert await relay.drain()
    assert witness.words == list("1234567")


async def test_documents_do_not_wait_for_each_other(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    witness = Witness()
    blocked = asyncio.Event()

    async def block_the_first(event: Event) -> None:
        if event.document_id == "blocked":
            await blocked.wait()

    witness.trouble = block_the_first
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="blocked"), recorded("blocked"))
    for n in range(5):
        await parcels.insert(Parcel(id=f"p{n}"), recorded(str(n)))
    assert not await relay.drain(0.2)
    assert sorted(witness.words) == list("01234")
    blocked.set()
    assert await relay.drain()
    assert witness.words[-1] == "blocked"


async def test_at_most_so_many_documents_are_handed_on_at_once(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    at_once, most = 0, 0

    async def measure(event: Event) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1

    relay = Relay(store, [Consumer("test.measure", (Fact,), measure)], jobs, concurrency=3)
    await asyncio.gather(*(parcels.insert(Parcel(id=f"p{n}"), recorded("in")) for n in range(30)))
    assert await relay.drain()
    assert most == 3
    assert await outbox(store) == []


async def test_what_a_consumer_saves_is_relayed_too_before_the_relay_is_drained(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    witness = Witness()

    async def follow(event: Event) -> None:
        if event.document_version < 4:
            await save_again(parcels, event.document_id, f"after {event.document_version}")

    witness.trouble = follow
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("first"))
    assert await relay.drain()
    assert witness.words == ["first", "after 1", "after 2", "after 3"]


class FailsFirst:
    """Fails the first so many times for one word."""

    def __init__(self, word: str, times: int, error: Exception) -> None:
        self.word, self.left, self.error = word, times, error

    async def __call__(self, event: Event) -> None:
        if word_of(event) == self.word and self.left:
            self.left -= 1
            raise self.error


@pytest.mark.parametrize("error", [RuntimeError("broken"), StoreUnavailable("away"), Again(0.01, "not yet")])
async def test_a_failure_holds_later_events_of_its_document_back_until_it_is_over(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, error: Exception
) -> None:
    witness = Witness()
    witness.trouble = FailsFirst("one", 2, error)
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one", "two"))
    await save_again(parcels, "p", "three")
    await parcels.insert(Parcel(id="q"), recorded("other"))
    assert await relay.drain()
    assert [word for word in witness.words if word != "other"] == ["one", "two", "three"]
    assert "other" in witness.words
    assert await outbox(store) == []
    assert relay.stats()["failures"] == (0 if isinstance(error, Again) else 2)


async def test_one_consumers_trouble_neither_stops_nor_repeats_the_others(
    store: SqliteStore,
    parcels: Collection[Parcel],
    jobs: JobList,
    logs: list[MutableMapping[str, Any]],
) -> None:
    before, failing, after = Witness("test.a"), Witness("test.b"), Witness("test.c")
    failing.trouble = FailsFirst("one", 2, RuntimeError("broken"))
    slow = Consumer("test.slow", (Fact,), failing.handle, slow=True)
    relay = Relay(store, [before.consumer, failing.consumer, slow, after.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    while not relay.stats()["retrying"]:
        await asyncio.sleep(0)
    assert (before.words, failing.words, after.words) == (["one"], [], ["one"])
    assert await outbox(store) == [("parcels", "p")]
    assert await relay.drain()
    assert (before.words, failing.words, after.words) == (["one"], ["one"], ["one"])
    assert jobs.calls == 1
    failures = [line for line in logs if line["event"] == "outbox.consumer_failed"]
    assert [(line["consumer"], line["event_id"], line["failures"]) for line in failures] == [
        ("test.b", "p.1.0", 1),
        ("test.b", "p.1.0", 2),
    ]


@pytest.mark.parametrize("error", [RuntimeError("broken"), Again(30, "not yet")])
async def test_one_consumers_trouble_does_not_keep_later_events_from_the_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList, error: Exception
) -> None:
    stuck, others = Witness("test.stuck"), Witness("test.others")
    stuck.trouble = FailsFirst("one", 1, error)
    relay = Relay(store, [stuck.consumer, others.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one", "two"))
    async with asyncio.timeout(10):
        while others.words != ["one", "two"] or not relay.stats()["retrying"]:
            await asyncio.sleep(0)
    assert stuck.words == []
    await save_again(parcels, "p", "three")  # a commit is noticed at once, whatever the pause
    assert await relay.drain()
    assert stuck.words == others.words == ["one", "two", "three"]
    assert await outbox(store) == []


async def test_no_event_leaves_the_outbox_before_an_earlier_one_of_its_document(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    stuck, others = Witness("test.stuck", DriverArrived), Witness("test.others")
    people = {"rescue_id": "res", "rider_id": "usr", "area_id": "montreal"}
    arrived = Recorded((DriverArrived(**people, status="arrived"),), SYSTEM, NOON)

    async def fail(event: Event) -> None:
        raise Again(30, "not yet")

    stuck.trouble = fail
    relay = Relay(store, [stuck.consumer, others.consumer], jobs)
    await parcels.insert(Parcel(id="p"), arrived)
    await save_again(parcels, "p", "two")
    async with asyncio.timeout(10):
        while len(others.seen) < 2 or not relay.stats()["retrying"]:
            await asyncio.sleep(0)
    assert [event.id for event in await parcels.unrelayed("p")] == ["p.1.0", "p.2.0"]
    await relay.stop()


async def test_what_is_saved_while_a_failure_runs_is_handed_to_the_others(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    others = Witness("test.others")

    async def save_and_fail(event: Event) -> None:
        if word_of(event) == "one":
            if event.document_version == (await stored()).version:
                await save_again(parcels, "p", "two")
            raise Again(30, "not yet")

    async def stored() -> Parcel:
        parcel = await parcels.get("p")
        assert parcel is not None
        return parcel

    relay = Relay(store, [Consumer("test.stuck", (Fact,), save_and_fail), others.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    async with asyncio.timeout(10):
        while others.words != ["one", "two"]:
            await asyncio.sleep(0.001)
    await relay.stop()


async def test_an_event_stays_in_the_outbox_until_its_job_is_kept(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    jobs.broken = True
    witness = Witness()
    relay = Relay(store, [Consumer("test.slow", (Fact,), witness.handle, slow=True)], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    assert not await relay.drain(0.05)
    assert await outbox(store) == [("parcels", "p")]
    jobs.broken = False
    assert await relay.drain()
    assert list(jobs.added) == ["parcels.p.1.0:test.slow"]
    assert await outbox(store) == []


async def test_draining_without_retries_leaves_what_is_in_trouble(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    witness = Witness()
    witness.trouble = FailsFirst("one", 1000, RuntimeError("broken"))
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="p"), recorded("one"))
    await parcels.insert(Parcel(id="q"), recorded("two"))
    assert await relay.drain(retries=False)
    assert witness.words == ["two"]
    assert relay.stats()["retrying"] == 1
    await relay.stop()


async def test_a_sweep_repeats_what_a_crash_left_in_document_order(
    store: SqliteStore, parcels: Collection[Parcel], jobs: JobList
) -> None:
    await parcels.insert(Parcel(id="p"), recorded("one", "two"))  # nobody was there to be told
    await save_again(parcels, "p", "three")
    gone = await parcels.insert(Parcel(id="q"), recorded("deleted"))
    await parcels.delete("q", gone.version)
    witness = Witness()
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
    await parcels.insert(Parcel(id="p"), recorded("left"))
    witness = Witness()
    relay = Relay(store, [witness.consumer], jobs)
    relay.start_sweeping(every_s=0.01)
    while not witness.seen:
        await asyncio.sleep(0.005)
    assert await relay.drain()
    await relay.stop()
    await parcels.insert(Parcel(id="q"), recorded("after the end"))
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
    await parcels.insert(Parcel(id="p"), recorded("left"))
    witness = Witness()
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
    first, second = Witness(), Witness()
    crashing = Relay(store, [first.consumer], jobs)
    reached = asyncio.Event()

    async def hang(event: Event) -> None:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(parcels, "relayed", hang)
        await parcels.insert(Parcel(id="p"), recorded("one"))
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
        await parcels.insert(Parcel(id=f"poison{n}"), recorded("poison"))
    await parcels.insert(Parcel(id="healthy"), recorded("healthy"))
    witness = Witness()
    witness.trouble = FailsFirst("poison", 10**6, RuntimeError("broken"))
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

    async def remember(event: Event) -> None:
        given.append(event.id)
        await asyncio.sleep(0.001 * (len(given) % 3))
        if event.id not in effects[event.document_id]:
            effects[event.document_id].append(event.id)

    consumer = Consumer("test.remember", (Fact,), remember)
    relays = [Relay(store, [consumer], jobs), Relay(other, [consumer], jobs)]
    collections = [store.collection(PARCELS), other.collection(PARCELS)]
    for relay in relays:
        relay.start_sweeping(every_s=0.005)

    async def write(name: str) -> None:
        parcel = await collections[0].insert(Parcel(id=name), recorded("in"))
        for n in range(20):
            parcel = await collections[n % 2].save(parcel, recorded(str(n)))

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
    await parcels.insert(Parcel(id="p"), recorded("one"))
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
    await parcels.insert(Parcel(id="p"), recorded("one"))
    await store.write(lambda connection: connection.execute("UPDATE _outbox SET body = '{}'").rowcount)
    witness = Witness()
    relay = Relay(store, [witness.consumer], jobs)
    await parcels.insert(Parcel(id="q"), recorded("two"))
    await relay.sweep(older_than_s=0)
    assert witness.words == ["two"]
    assert await outbox(store) == [("parcels", "p")]
    await relay.stop()


def test_two_consumers_cannot_share_a_name(store: SqliteStore, jobs: JobList) -> None:
    with pytest.raises(ValueError, match=r"test\.witness"):
        Relay(store, [Witness().consumer, Witness().consumer], jobs)


@pytest.mark.parametrize("turns", range(8))
async def test_who_is_cancelled_while_the_relay_falls_quiet_is_cancelled(
    store: SqliteStore, jobs: JobList, turns: int
) -> None:
    relay = Relay(store, [], jobs)

    async def drain_and_go_on() -> None:
        await relay.drain()
        await asyncio.Event().wait()

    going = asyncio.create_task(drain_and_go_on())
    for _ in range(turns):
        await asyncio.sleep(0)
    going.cancel()
    await asyncio.wait({going}, timeout=1)
    lost = not going.done()
    going.cancel()
    assert not lost

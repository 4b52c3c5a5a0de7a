"""Deadlines fire when due, never twice concurrently, and again until the document is no longer due."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta

import msgspec
import pytest
import structlog

from support.store.fixtures import NOON, PARCELS, Parcel
from supportcarr.kit.jobs import deadlines
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, CollectionSpec, StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore

pytestmark = pytest.mark.usefixtures("logs")


class Firings:
    """Records what was fired at which city time; clears ``due_at``, as a service would, if ``settles``."""

    def __init__(self, parcels: Collection[Parcel], clock: Clock) -> None:
        self._parcels, self._clock = parcels, clock
        self.at: list[tuple[str, datetime]] = []
        self.errors: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.settles = True
        self.maximum = self._current = 0

    async def fire(self, id: str) -> None:
        self.at.append((id, self._clock.city()))
        self._current += 1
        self.maximum = max(self.maximum, self._current)
        try:
            await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
            parcel = await self._parcels.get(id)
            if parcel is not None and self.settles:
                await self._parcels.save(msgspec.structs.replace(parcel, due_at=None))
        finally:
            self._current -= 1

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.at]


@pytest.fixture
def clock() -> Clock:
    return Clock(city_origin=NOON, speed=60)


@pytest.fixture
def firings(parcels: Collection[Parcel], clock: Clock) -> Firings:
    return Firings(parcels, clock)


@pytest.fixture
def runner(store: SqliteStore, clock: Clock, firings: Firings) -> DeadlineRunner:
    """A runner for the deadlines of parcels, not yet started."""
    return DeadlineRunner(store, clock, [Deadline(PARCELS, firings.fire, every_s=0)], every_s=0.01)


def pages(monkeypatch: pytest.MonkeyPatch, *, of: int, per_poll: int = 10) -> None:
    """Set the documents per page and the pages read by one poll."""
    monkeypatch.setattr(deadlines, "PAGE", of)
    monkeypatch.setattr(deadlines, "PAGES", per_poll)


async def until(items: object, length: int) -> None:
    """Wait until a list has *length* items."""
    assert isinstance(items, list)
    while len(items) < length:
        await asyncio.sleep(0.002)


def record_finds(parcels: Collection[Parcel], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the sort order of each page requested from now on."""
    find, sorts = parcels.find, list[str]()

    async def recording_find(*arguments: object, **options: object) -> object:
        sorts.append(str(options["sort"]))
        return await find(*arguments, **options)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(parcels, "find", recording_find)
    return sorts


async def test_deadlines_fire_in_order_and_not_early(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner
) -> None:
    dues = {"past": -100.0, "now": 0.0, "soon": 6.0, "later": 12.0}
    for name, seconds in dues.items():
        await parcels.insert(Parcel(id=name, due_at=NOON + timedelta(seconds=seconds)))
    await parcels.insert(Parcel(id="never"))
    await parcels.insert(Parcel(id="tomorrow", due_at=NOON + timedelta(days=1)))
    runner.start()
    await until(firings.at, 4)
    await asyncio.sleep(0.05)
    await runner.stop()
    assert sorted(firings.names[:2]) == ["now", "past"]
    assert firings.names[2:] == ["soon", "later"]
    assert all(at >= NOON + timedelta(seconds=dues[name]) for name, at in firings.at)
    assert runner.stats() == {"fired_total": 4, "failures_total": 0, "in_flight": 0}


async def test_a_deadline_far_ahead_is_not_scheduled_yet(
    store: SqliteStore, parcels: Collection[Parcel], firings: Firings
) -> None:
    frozen = Clock(city_origin=NOON, speed=60, wall=lambda: 1_000_000.0)
    await parcels.insert(Parcel(id="near", due_at=NOON + timedelta(seconds=179)))
    await parcels.insert(Parcel(id="far", due_at=NOON + timedelta(seconds=181)))
    runner = DeadlineRunner(store, frozen, [Deadline(PARCELS, firings.fire, every_s=120)])
    assert await runner.poll() == 1
    assert await runner.poll() == 0  # already scheduled
    await runner.stop()
    assert firings.names == []


async def test_each_collection_is_looked_into_as_often_as_its_deadline_says(
    store: SqliteStore, parcels: Collection[Parcel], firings: Firings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    crates = CollectionSpec("crates", Parcel, indexes=PARCELS.indexes)
    often, seldom = Deadline(PARCELS, firings.fire, every_s=60), Deadline(crates, firings.fire, every_s=600)
    fast = Clock(city_origin=NOON, speed=60)
    runner = DeadlineRunner(store, fast, [often, seldom], monotonic=lambda: now)
    finds = {spec.name: record_finds(store.collection(spec), monkeypatch) for spec in (PARCELS, crates)}
    for _ in range(100):
        await runner.poll_in_turn()
        now += 1
    await runner.stop()
    assert {name: len(pages) for name, pages in finds.items()} == {"parcels": 100, "crates": 10}


async def test_a_city_that_runs_fast_is_not_looked_into_faster_than_the_machine_can(
    store: SqliteStore, parcels: Collection[Parcel], firings: Firings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    fast = Clock(city_origin=NOON, speed=3600)
    runner = DeadlineRunner(store, fast, [Deadline(PARCELS, firings.fire, every_s=1)], monotonic=lambda: now)
    finds = record_finds(parcels, monkeypatch)
    for step in range(1_000):
        now = 1_000 + step / 100
        await runner.poll_in_turn()
    await runner.stop()
    assert len(finds) == 10 / deadlines.SHORTEST_S


async def test_more_than_a_look_reads_and_what_failed_do_not_wait_for_the_next_turn(
    store: SqliteStore,
    parcels: Collection[Parcel],
    clock: Clock,
    firings: Firings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    pages(monkeypatch, of=5, per_poll=2)
    await parcels.insert_many([Parcel(id=f"p{n:02}", due_at=NOON) for n in range(50)])
    firings.errors = [RetryLater(2, "stuck")]
    runner = DeadlineRunner(
        store, clock, [Deadline(PARCELS, firings.fire, every_s=86_400)], monotonic=lambda: now
    )
    while len(firings.at) < 50:
        await runner.poll_in_turn()
        now += deadlines.SHORTEST_S
        await asyncio.sleep(0)
    while await parcels.count({"due_at": NOON}):
        await runner.poll_in_turn()
        now += deadlines.SHORTEST_S
        await asyncio.sleep(0.001)
    await runner.stop()
    assert now < 1_000 + 86_400 / clock.speed, "the next turn has not come"
    assert len(firings.at) == 51


async def test_a_deadline_being_fired_is_not_fired_again(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner
) -> None:
    firings.gate.clear()
    await parcels.insert(Parcel(id="p", due_at=NOON))
    runner.start()
    await until(firings.at, 1)
    await asyncio.sleep(0.1)
    assert firings.names == ["p"]
    firings.gate.set()
    await runner.stop()
    assert firings.names == ["p"]


async def test_a_new_due_time_fires_while_the_previous_one_is_still_running(
    parcels: Collection[Parcel], clock: Clock, firings: Firings, runner: DeadlineRunner
) -> None:
    firings.gate.clear()
    parcel = await parcels.insert(Parcel(id="p", due_at=NOON))
    runner.start()
    await until(firings.at, 1)
    await parcels.save(msgspec.structs.replace(parcel, due_at=clock.city() + timedelta(seconds=1)))
    await until(firings.at, 2)
    firings.gate.set()
    await runner.stop()
    assert firings.names == ["p", "p"]


async def test_the_number_of_concurrent_firings_is_bounded(
    store: SqliteStore, parcels: Collection[Parcel], clock: Clock, firings: Firings
) -> None:
    firings.gate.clear()
    await parcels.insert_many([Parcel(id=f"p{n:03}", due_at=NOON) for n in range(450)])
    runner = DeadlineRunner(
        store, clock, [Deadline(PARCELS, firings.fire, every_s=0)], every_s=0.01, concurrency=7
    )
    runner.start()
    await until(firings.at, 7)
    await asyncio.sleep(0.03)
    assert len(firings.at) == 7
    firings.gate.set()
    await until(firings.at, 450)
    await runner.stop()
    assert firings.maximum == 7
    assert sorted(firings.names) == [f"p{n:03}" for n in range(450)]


@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), StoreUnavailable("unavailable"), RetryLater(0.01, "not yet")]
)
async def test_a_failed_deadline_is_fired_again(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner, error: Exception
) -> None:
    firings.errors = [error, error]
    await parcels.insert(Parcel(id="p", due_at=NOON))
    await parcels.insert(Parcel(id="q", due_at=NOON + timedelta(seconds=1)))
    runner.start()
    while await parcels.count({"due_at": NOON}) or "q" not in firings.names:
        await asyncio.sleep(0.005)
    await runner.stop()
    assert firings.names.count("p") >= 2
    assert runner.failures == (0 if isinstance(error, RetryLater) else 2)


async def test_a_document_that_stays_due_is_fired_less_and_less_often(
    store: SqliteStore, parcels: Collection[Parcel], clock: Clock, firings: Firings
) -> None:
    now, fired_at = 1_000.0, list[float]()
    runner = DeadlineRunner(
        store,
        clock,
        [Deadline(PARCELS, firings.fire, every_s=0)],
        every_s=0.01,
        monotonic=lambda: now,
    )
    firings.settles = False
    await parcels.insert(Parcel(id="p", due_at=NOON))
    while len(fired_at) < 5:
        await runner.poll()
        while runner.stats()["in_flight"]:
            await asyncio.sleep(0)
        fired_at += [now] * (len(firings.at) - len(fired_at))
        now += 0.001
    await runner.stop()
    pauses = [later - earlier for earlier, later in itertools.pairwise(fired_at)]
    assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(pauses)), pauses


async def test_documents_that_stay_due_do_not_block_newer_ones(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(monkeypatch, of=10)
    monkeypatch.setattr(deadlines, "IN_FLIGHT_MAX", 20)
    firings.errors = [RetryLater(60, "stuck") for _ in range(50)]
    await parcels.insert_many([Parcel(id=f"stuck{n:02}", due_at=NOON) for n in range(50)])
    runner.start()
    await until(firings.at, 50)
    await parcels.insert(Parcel(id="new", due_at=NOON + timedelta(seconds=1)))
    await until(firings.at, 51)
    await runner.stop()
    assert firings.names[-1] == "new"


async def test_a_poll_reads_a_bounded_number_of_pages_whatever_is_stuck(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(monkeypatch, of=5, per_poll=2)
    firings.errors = [RetryLater(60, "stuck") for _ in range(100)]
    stuck = [f"stuck{n:02}" for n in range(100)]
    await parcels.insert_many(
        [Parcel(id=name, due_at=NOON - timedelta(hours=1, seconds=-n)) for n, name in enumerate(stuck)]
    )
    finds = record_finds(parcels, monkeypatch)
    for _ in range(12):
        finds.clear()
        await runner.poll()
        assert len(finds) <= 3
    await until(firings.at, 100)
    assert sorted(firings.names) == stuck  # each was fired once, and none again during its delay
    await parcels.insert(Parcel(id="new", due_at=NOON))
    await runner.poll()
    await until(firings.at, 101)
    await runner.stop()
    assert firings.names[-1] == "new"


async def test_stuck_documents_of_one_collection_do_not_block_another(
    store: SqliteStore,
    parcels: Collection[Parcel],
    clock: Clock,
    firings: Firings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages(monkeypatch, of=5, per_poll=2)
    crates = store.collection(CollectionSpec("crates", Parcel, indexes=PARCELS.indexes))
    await parcels.insert_many([Parcel(id=f"stuck{n:02}", due_at=NOON) for n in range(50)])
    await crates.insert(Parcel(id="crate", due_at=NOON))
    fired: list[str] = []

    async def fire(id: str) -> None:
        fired.append(id)

    firings.gate.clear()
    both = [Deadline(PARCELS, firings.fire, every_s=0), Deadline(crates.spec, fire, every_s=0)]
    runner = DeadlineRunner(store, clock, both, concurrency=50)
    await runner.poll()
    await until(fired, 1)
    firings.gate.set()
    await runner.stop()
    assert fired == ["crate"]


async def test_the_failure_count_grows_even_if_a_round_takes_many_polls(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(monkeypatch, of=2, per_poll=1)
    monkeypatch.setattr(deadlines, "LONGEST_PAUSE_S", 0.0)  # no delay: only the count matters
    firings.settles = False
    await parcels.insert_many([Parcel(id=f"p{n}", due_at=NOON) for n in range(20)])
    firings.errors = [RuntimeError("broken") for _ in range(500)]
    with structlog.testing.capture_logs() as lines:
        while firings.names.count("p9") < 3:
            await runner.poll()
            await asyncio.sleep(0.001)
        await runner.stop()
    assert [line["times"] for line in lines if line.get("document_id") == "p9"] == [1, 2, 3]


@pytest.mark.parametrize("error", [StoreUnavailable("unavailable"), RuntimeError("broken")])
async def test_a_failed_poll_is_followed_by_the_next(
    parcels: Collection[Parcel],
    firings: Firings,
    runner: DeadlineRunner,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    await parcels.insert(Parcel(id="p", due_at=NOON))
    find, failures_left = parcels.find, [1, 2, 3]

    async def failing_find(*arguments: object, **options: object) -> object:
        if failures_left:
            failures_left.pop()
            raise error
        return await find(*arguments, **options)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(parcels, "find", failing_find)
    runner.start()
    await until(firings.at, 1)
    await runner.stop()
    assert failures_left == []


async def test_stopping_waits_for_running_firings_and_drops_scheduled_ones(
    store: SqliteStore, parcels: Collection[Parcel], clock: Clock, firings: Firings
) -> None:
    firings.gate.clear()
    await parcels.insert(Parcel(id="fired", due_at=NOON))
    await parcels.insert(Parcel(id="scheduled", due_at=NOON + timedelta(minutes=119)))
    runner = DeadlineRunner(store, clock, [Deadline(PARCELS, firings.fire, every_s=0)], ahead_s=120)
    runner.start()
    await until(firings.at, 1)
    stopping = asyncio.create_task(runner.stop(within_s=60))
    await asyncio.sleep(0.01)
    firings.gate.set()
    await stopping
    fired = await parcels.get("fired")
    assert fired is not None
    assert fired.due_at is None
    assert firings.names == ["fired"]


async def test_stopping_has_a_time_limit(
    parcels: Collection[Parcel], firings: Firings, runner: DeadlineRunner
) -> None:
    firings.gate.clear()
    await parcels.insert(Parcel(id="stuck", due_at=NOON))
    runner.start()
    await until(firings.at, 1)
    await runner.stop(within_s=0.01)
    stuck = await parcels.get("stuck")
    assert stuck is not None
    assert stuck.due_at == NOON


def test_a_collection_with_deadlines_needs_their_index(store: SqliteStore, clock: Clock) -> None:
    async def fire(id: str) -> None: ...

    with pytest.raises(ValueError, match="due_at"):
        DeadlineRunner(store, clock, [Deadline(CollectionSpec("barrels", Parcel), fire, every_s=0)])

"""Both sides rate at once, and processes die between a rating and the averages: each counts once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.audit import NOWHERE
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RatingShown
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.ratings.collections import RATINGS
from supportcarr.ratings.commands import Rate, Review
from supportcarr.ratings.handlers import consumers
from supportcarr.ratings.model import document_id, rating_id
from supportcarr.ratings.service import RatingService
from supportcarr.ratings.settings import RatingSettings

END = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DRIVER = Principal(user_id="usr_driver", roles=frozenset({"driver"}), session_id="ses_d")
SUPPORT = Actor("support", "usr_support")


def rider(number: int) -> Principal:
    return Principal(user_id=f"usr_rider{number}", roles=frozenset({"rider"}), session_id="ses_r")


def rescue(number: int) -> str:
    return f"res_qc_01jdc000000000000000000{number:03}"


class Completed:
    """The port ``Rescues``: every rescue is completed, with the same driver."""

    async def people_of(self, rescue_id: str) -> RescuePeople | None:
        number = int(rescue_id[-3:])
        return RescuePeople(
            rescue_id=rescue_id,
            rider_id=rider(number).user_id,
            driver_id=DRIVER.user_id,
            status="completed",
            ended_at=END,
        )


class NoJobs:
    async def add(self, *given: Any, **also: Any) -> None:
        raise AssertionError("the consumers of ratings are quick")


class World:
    def __init__(self, store: Store) -> None:
        self.store, self.seconds = store, END.timestamp()
        clock = Clock(wall=lambda: self.seconds)
        self.service = RatingService(store, clock, Completed(), RatingSettings())

    async def stars(self) -> list[int]:
        return sorted((await self.service.standing(DRIVER.user_id, "driver")).stars)

    async def both_rate(self, number: int, stars: int) -> None:
        await self.service.rate(rescue(number), rider(number), Rate(stars))
        await self.service.rate(rescue(number), DRIVER, Rate(5))

    async def pending(self, number: int) -> list[EventEnvelope]:
        collection = self.store.collection(RATINGS)
        events = await collection.pending_events(document_id(rescue(number)))
        return [envelope for envelope in events if isinstance(envelope.event, RatingShown)]

    async def relay(self) -> None:
        """A process that takes over: it publishes whatever is in the outboxes."""
        relay = Relay(self.store, consumers(self.service), NoJobs())
        await relay.sweep(older_than_s=0)
        assert await relay.drain(20)
        await relay.stop()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def test_both_sides_that_rate_at_once_are_shown_once_and_count_once(world: World) -> None:
    numbers = range(8)
    await asyncio.gather(
        *(world.service.rate(rescue(n), rider(n), Rate(n % 5 + 1)) for n in numbers),
        *(world.service.rate(rescue(n), DRIVER, Rate(5)) for n in numbers),
    )
    for number in numbers:
        events = [envelope.event for envelope in await world.pending(number)]
        assert sorted(e.role for e in events if isinstance(e, RatingShown)) == ["driver", "rider"]
    await world.relay()
    assert await world.stars() == sorted(n % 5 + 1 for n in numbers)
    for number in numbers:
        standing = await world.service.standing(rider(number).user_id, "rider")
        assert standing.stars == (5,)


async def test_two_processes_that_count_the_same_events_count_each_once(world: World) -> None:
    for number in range(6):
        await world.both_rate(number, 4)
    events = [envelope for number in range(6) for envelope in await world.pending(number)]
    other = World(world.store)
    await asyncio.gather(*(service.count(e) for e in events for service in (world.service, other.service)))
    assert await world.stars() == [4] * 6


async def test_a_process_killed_between_rating_and_average_leaves_an_exact_average(world: World) -> None:
    """It dies before it counts one of two events, and after it counted one but before it noted that."""
    await world.both_rate(0, 1)
    await world.both_rate(1, 4)
    first, _ = await world.pending(0)
    await world.service.count(first)
    await world.relay()
    assert await world.stars() == [1, 4]
    await world.service.count(first)
    assert await world.stars() == [1, 4]
    assert await world.pending(0) == []


async def test_a_hidden_rating_does_not_count_and_one_that_is_kept_again_does(world: World) -> None:
    await world.both_rate(0, 1)
    await world.both_rate(1, 5)
    low = rating_id(document_id(rescue(0)), "rider")
    await world.service.review(SUPPORT, low, Review("hide"), NOWHERE)
    await world.relay()
    assert await world.stars() == [5]
    await world.service.review(SUPPORT, low, Review("keep"), NOWHERE)
    await world.relay()
    assert await world.stars() == [1, 5]


async def test_one_rating_is_shown_and_counted_after_seven_days(world: World) -> None:
    await world.service.rate(rescue(0), rider(0), Rate(3))
    await world.service.on_deadline(document_id(rescue(0)))
    await world.relay()
    assert await world.stars() == []
    world.seconds += 7 * 86_400
    await asyncio.gather(*(world.service.on_deadline(document_id(rescue(0))) for _ in range(3)))
    await world.relay()
    assert await world.stars() == [3]


async def test_what_nobody_rated_in_time_is_forgotten(world: World) -> None:
    await world.service.rate(rescue(0), rider(0), Rate(3))
    ratings = world.store.collection(RATINGS)
    await world.service._insert((await world.service.of_rescue(rescue(1), DRIVER)).ratings)  # type: ignore[arg-type]
    world.seconds += 30 * 86_400
    for number in (0, 1):
        await world.service.on_deadline(document_id(rescue(number)))
    assert await ratings.get(document_id(rescue(0))) is not None
    assert await ratings.get(document_id(rescue(1))) is None

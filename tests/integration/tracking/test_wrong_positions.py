"""Wrong positions among right ones: they neither hide a driver nor outvote the right ones for long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.providers.settings import RoutingSettings
from supportcarr.tracking.errors import PositionRejected
from supportcarr.tracking.model import Position
from supportcarr.tracking.service import TrackingService

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
HERE = GeoPoint(45.52, -73.58)
LAVAL, NOWHERE, FAR_OFF = GeoPoint(45.9, -73.6), GeoPoint(10.0, 3.0), GeoPoint(45.60, -73.58)
DRIVER = "usr_driver"


class Areas:
    async def area_at(self, point: GeoPoint) -> str | None:
        if not (45 < point.lat < 46 and -74 < point.lng < -73):
            return None
        return "montreal" if point.lat < 45.8 else "laval"


class City:
    def __init__(self, store: Store, redis: RedisClient) -> None:
        self.now = START
        clock = Clock(city_origin=START, wall_origin=START, wall=lambda: self.now.timestamp())
        self.service = TrackingService(
            store, redis, clock, Areas(), StraightLineRouter(RoutingSettings()), fresh_seconds=30
        )
        self.published: list[tuple[Position, str | None]] = []
        add = self.service._broadcast.add

        def record(driver_id: str, position: Position, area_id: str | None) -> None:
            self.published.append((position, area_id))
            add(driver_id, position, area_id)

        self.service._broadcast.add = record  # type: ignore[method-assign]

    def at(self, point: GeoPoint, seconds: float = 0.0, accuracy: float | None = None) -> Position:
        at = self.now + timedelta(seconds=seconds)
        return Position(lat=point.lat, lng=point.lng, at=at, accuracy=accuracy)

    async def report(self, point: GeoPoint, seconds: float = 0.0) -> str:
        """The code of the refusal of one position, or ``accepted``."""
        try:
            await self.service.report_one(DRIVER, self.at(point, seconds))
        except PositionRejected as error:
            return error.code
        return "accepted"

    async def listed(self, area_id: str = "montreal") -> list[PositionUpdate]:
        return await self.service.current_updates(area_id)


@pytest.fixture
async def city(store: Store, redis: RedisClient) -> AsyncIterator[City]:
    city = City(store, redis)
    yield city
    await city.service.close()


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        ({"point": NOWHERE}, "impossible"),
        ({"point": LAVAL}, "impossible"),
        ({"point": LAVAL, "accuracy": 3000.0}, "inaccurate"),
        ({"point": LAVAL, "seconds": 3600.0}, "out_of_order"),
    ],
    ids=["outside every area", "another area", "inaccurate", "from the future"],
)
async def test_a_refused_newest_position_of_a_batch_does_not_move_the_driver(
    city: City, wrong: dict[str, object], verdict: str
) -> None:
    assert await city.report(HERE) == "accepted"
    city.now += timedelta(seconds=2)
    batch = [city.at(HERE, -1), city.at(**wrong)]  # type: ignore[arg-type]
    assert await city.service.report(DRIVER, batch) == ["live", verdict]
    (listed,) = await city.listed()
    assert (listed.driver_id, listed.at) == (DRIVER, city.now - timedelta(seconds=1))
    assert await city.listed("laval") == []
    assert [d.driver_id for d in await city.service.nearby("montreal", HERE, 500, 5)] == [DRIVER]
    assert city.published[-1] == (batch[0], "montreal")


async def test_a_batch_that_leaves_one_area_for_another_is_found_in_the_last(city: City) -> None:
    border = GeoPoint(45.8, -73.6)
    beside = GeoPoint(45.7999, -73.6)
    assert await city.service.report(DRIVER, [city.at(beside, -5), city.at(border)]) == ["live", "live"]
    assert len(await city.listed("laval")) == 1
    assert await city.listed("montreal") == []
    city.now += timedelta(seconds=10)
    assert await city.service.report(DRIVER, [city.at(border, -5), city.at(beside)]) == ["live", "live"]
    assert len(await city.listed("montreal")) == 1
    assert city.published[-1][1] == "montreal"


@pytest.mark.parametrize("wrong", [GeoPoint(0, 0), GeoPoint(-73.58, 45.52), NOWHERE])
async def test_a_position_outside_every_area_does_not_silence_the_right_ones(
    city: City, wrong: GeoPoint
) -> None:
    assert await city.report(wrong) == "accepted"
    city.now += timedelta(seconds=2)
    assert await city.report(HERE) == "accepted"
    assert len(await city.listed()) == 1


@pytest.mark.parametrize("silent_s", [None, 60], ids=["the first position", "after a minute of silence"])
async def test_a_lone_wrong_position_is_outvoted_within_seconds(city: City, silent_s: float | None) -> None:
    if silent_s:
        for _ in range(30):  # on the road for a minute
            assert await city.report(HERE) == "accepted"
            city.now += timedelta(seconds=2)
        city.now += timedelta(seconds=silent_s)
    assert await city.report(GeoPoint(HERE.lat + 0.036, HERE.lng)) == "accepted"  # 4 km off
    answers = []
    for _ in range(5):
        city.now += timedelta(seconds=2)
        answers.append(await city.report(HERE))
    assert answers == ["position_impossible"] * 3 + ["accepted"] * 2
    assert city.published[-1][0].lat == HERE.lat


async def test_right_positions_in_one_batch_outvote_a_wrong_first_one(city: City) -> None:
    assert await city.report(FAR_OFF) == "accepted"
    city.now += timedelta(seconds=20)
    batch = [city.at(HERE, -s) for s in (9, 6, 3, 0)]
    assert await city.service.report(DRIVER, batch) == ["impossible", "impossible", "live", "live"]


async def test_a_phone_that_jumps_to_and_fro_stays_where_it_is_believed(city: City) -> None:
    for _ in range(30):
        assert await city.report(HERE) == "accepted"
        city.now += timedelta(seconds=1)
        assert await city.report(FAR_OFF) == "position_impossible"
        city.now += timedelta(seconds=1)
    assert city.published[-1][0].lat == HERE.lat


async def test_a_position_ahead_of_the_clock_does_not_silence_the_right_ones(city: City) -> None:
    assert await city.report(HERE, seconds=29) == "accepted"
    assert city.published[-1][0].at == city.now
    for skew in (0.0, 0.3, -0.3):
        city.now += timedelta(seconds=2)
        assert await city.report(HERE, skew) == "accepted"
    (listed,) = await city.listed()
    assert listed.at == city.now - timedelta(seconds=0.3)


async def test_a_phone_whose_clock_is_always_ahead_is_followed(city: City) -> None:
    metre = 1 / 111_195
    for n in range(5):
        point = GeoPoint(HERE.lat + 40 * n * metre, HERE.lng)
        assert await city.report(point, seconds=20) == "accepted"
        assert await city.report(point, seconds=20) == "accepted"  # the same again
        city.now += timedelta(seconds=2)
    batch = [city.at(point, 20 + n / 2) for n in range(3)]
    assert await city.service.report(DRIVER, batch) == ["live"] * 3
    assert msgspec.structs.replace(batch[-1], at=city.now) == city.published[-1][0]

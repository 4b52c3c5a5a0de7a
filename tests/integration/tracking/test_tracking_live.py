"""Live positions in a real Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.tracking.model import Position, PositionRules, judge_position
from supportcarr.tracking.position_store import PositionStore

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
HERE = GeoPoint(45.52, -73.58)
METRE = 1 / 111_195


class Wall:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def live(redis: RedisClient, wall: Wall) -> PositionStore:
    return PositionStore(redis, Clock(city_origin=START, wall_origin=START, wall=wall), PositionRules())


def fix(wall: Wall, metres: float = 0.0, age: float = 0.0) -> Position:
    return Position(lat=HERE.lat + metres * METRE, lng=HERE.lng, at=wall.now - timedelta(seconds=age))


async def test_who_reported_lately_is_found_nearest_first(live: PositionStore, wall: Wall) -> None:
    for driver_id, metres in (("usr_far", 900), ("usr_near", 100), ("usr_away", 5000)):
        assert await live.record(driver_id, "montreal", [fix(wall, metres)]) == ["live"]
    found = await live.nearby("montreal", HERE, 1000, 10)
    assert [d.driver_id for d in found] == ["usr_near", "usr_far"]
    assert [d.distance_m for d in found] == pytest.approx([100, 900], abs=1)
    assert found[0].at == START
    assert [d.driver_id for d in await live.nearby("montreal", HERE, 1000, 1)] == ["usr_near"]
    assert await live.nearby("laval", HERE, 1000, 10) == []
    present = {d.driver_id for d in await live.all_in_area("montreal")}
    assert present == {"usr_far", "usr_near", "usr_away"}


async def test_a_driver_who_moved_is_only_where_the_newest_position_says(
    live: PositionStore, wall: Wall
) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    wall.now += timedelta(seconds=20)
    await live.record("usr_d", "montreal", [fix(wall, 1000)])
    assert await live.nearby("montreal", HERE, 500, 10) == []
    (found,) = await live.nearby("montreal", HERE, 1500, 10)
    assert found.distance_m == pytest.approx(1000, abs=1)


async def test_the_nearest_of_many_are_those_that_a_look_at_everybody_finds(
    live: PositionStore, wall: Wall
) -> None:
    chance = Random(4)
    metres = {f"usr_{n:03d}": chance.uniform(-9_000, 9_000) for n in range(250)}
    reported: dict[str, datetime] = {}
    for _ in range(5):  # some report in every slice of time, some are silent for too long
        wall.now += timedelta(seconds=9)
        for driver_id in chance.sample(sorted(metres), 150):
            if driver_id in reported:
                metres[driver_id] += chance.uniform(-500, 500)
            assert await live.record(driver_id, "montreal", [fix(wall, metres[driver_id])]) == ["live"]
            reported[driver_id] = wall.now
    fresh = [d for d, at in reported.items() if wall.now - at <= timedelta(seconds=30)]
    assert len(fresh) < 250
    for radius, limit in ((25_000, 20), (25_000, 1), (4_000, 500), (1_500, 10)):
        nearest = sorted((abs(metres[d]), d) for d in fresh if abs(metres[d]) <= radius)[:limit]
        found = await live.nearby("montreal", HERE, radius, limit)
        assert [d.driver_id for d in found] == [driver_id for _, driver_id in nearest]


async def test_more_are_found_than_a_slice_is_first_asked_for(live: PositionStore, wall: Wall) -> None:
    """Whoever is wanted is found behind any number of others, and behind those who have moved on."""
    for n in range(450):
        await live.record(f"usr_{n:03d}", "montreal", [fix(wall, 100 + n)])
    await live.record("usr_still", "montreal", [fix(wall, 600)])
    found = await live.nearby("montreal", HERE, 25_000, 1000)
    assert [d.driver_id for d in found] == [*(f"usr_{n:03d}" for n in range(450)), "usr_still"]
    assert [d.driver_id for d in await live.nearby("montreal", HERE, 25_000, 451)][-1] == "usr_still"
    wall.now += timedelta(seconds=11)
    for n in range(450):
        await live.record(f"usr_{n:03d}", "montreal", [fix(wall, 750 + n)])
    found = await live.nearby("montreal", HERE, 25_000, 1)
    assert [d.driver_id for d in found] == ["usr_still"]


async def test_a_driver_stands_in_one_slice_of_time_only(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    for _ in range(4):
        assert await live.record("usr_d", "montreal", [fix(wall)]) == ["live"]
        wall.now += timedelta(seconds=10)
        slices = await redis.call("KEYS", "*:geo:*", decode=True)
        assert len(slices) == 1 and await redis.call("ZCARD", slices[0]) == 1


async def test_a_phone_that_is_silent_vanishes_when_its_position_is_no_longer_fresh(
    live: PositionStore, wall: Wall
) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    wall.now += timedelta(seconds=30)
    assert len(await live.nearby("montreal", HERE, 500, 10)) == 1
    wall.now += timedelta(seconds=0.1)
    assert await live.nearby("montreal", HERE, 500, 10) == []
    assert await live.all_in_area("montreal") == []


async def test_what_is_kept_expires_by_itself(live: PositionStore, wall: Wall, redis: RedisClient) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    kept = await redis.call("KEYS", "*", decode=True)
    assert len(kept) == 2
    for key in kept:
        assert 0 < await redis.call("PTTL", key) <= 600_000


async def test_a_slice_is_there_for_as_long_as_it_is_looked_at(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    """Reports of somebody who is in it already do not prolong it, and need not."""
    await live.record("usr_d", "montreal", [fix(wall)])
    (slice_,) = await redis.call("KEYS", "*:geo:*", decode=True)
    entered = wall.now
    for _ in range(9):
        wall.now += timedelta(seconds=1)
        assert await live.record("usr_d", "montreal", [fix(wall)]) == ["live"]
    assert slice_ in live._slices("montreal")
    while slice_ in live._slices("montreal"):
        wall.now += timedelta(seconds=1)
    assert await redis.call("PTTL", slice_) >= 1000 * (wall.now - entered).total_seconds()


async def test_a_slice_that_redis_threw_out_comes_back_with_its_end(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    (slice_,) = await redis.call("KEYS", "*:geo:*", decode=True)
    await redis.call("DEL", slice_)
    wall.now += timedelta(seconds=1)
    await live.record("usr_d", "montreal", [fix(wall)])
    assert await redis.call("PTTL", slice_) > 0
    assert [d.driver_id for d in await live.nearby("montreal", HERE, 500, 10)] == ["usr_d"]


async def test_a_driver_whom_redis_forgot_and_who_moved_on_is_told_once_and_where_they_are(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    """Nothing says any more which slice had them: they stand in two for a while."""
    await live.record("usr_d", "montreal", [fix(wall)])
    await redis.call("DEL", *await redis.call("KEYS", "*:newest:*"))
    wall.now += timedelta(seconds=11)
    await live.record("usr_d", "montreal", [fix(wall, 1000)])
    await live.record("usr_e", "montreal", [fix(wall, 1200)])
    assert await live.nearby("montreal", HERE, 500, 1) == []
    for limit, expected in ((1, ["usr_d"]), (2, ["usr_d", "usr_e"])):
        found = await live.nearby("montreal", HERE, 1500, limit)
        assert [d.driver_id for d in found] == expected
    assert found[0].distance_m == pytest.approx(1000, abs=1)


async def test_what_is_kept_is_to_the_last_digit_what_was_reported(live: PositionStore, wall: Wall) -> None:
    given = Position(lat=45.51234567890123, lng=-73.60000000000001, at=wall.now + timedelta(microseconds=1))
    await live.record("usr_d", "montreal", [given])
    (found,) = await live.nearby("montreal", given.point, 500, 10)
    assert (found.point, found.at, found.heading) == (given.point, given.at, None)
    await live.record("usr_e", "montreal", [msgspec.structs.replace(given, heading=0.0)])
    assert {d.driver_id: d.heading for d in await live.all_in_area("montreal")} == {
        "usr_d": None,
        "usr_e": 0.0,
    }


async def test_a_refused_position_changes_nothing(live: PositionStore, wall: Wall) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    wall.now += timedelta(seconds=1)
    assert await live.record("usr_d", "montreal", [fix(wall, 9000)]) == ["impossible"]
    assert await live.record("usr_d", "montreal", [fix(wall, 10)]) == ["live"]
    (found,) = await live.nearby("montreal", HERE, 500, 10)
    assert found.distance_m == pytest.approx(10, abs=0.1)


async def test_of_an_offline_trail_only_what_is_fresh_goes_live(live: PositionStore, wall: Wall) -> None:
    trail = [fix(wall, 10 * (100 - age), age) for age in (100, 60, 31, 20, 5)]
    assert await live.record("usr_d", "montreal", trail) == ["stale", "stale", "stale", "live", "live"]
    assert await live.record("usr_d", "montreal", trail) == ["out_of_order"] * 4 + ["repeated"]
    (found,) = await live.nearby("montreal", HERE, 5000, 10)
    assert found.at == wall.now - timedelta(seconds=5)


async def test_an_old_trail_alone_does_not_put_a_driver_on_the_map(live: PositionStore, wall: Wall) -> None:
    assert await live.record("usr_d", "montreal", [fix(wall, 0, 60), fix(wall, 5, 50)]) == ["stale"] * 2
    assert await live.nearby("montreal", HERE, 5000, 10) == []


async def test_outside_every_area_positions_are_judged_and_nobody_is_found(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    assert await live.record("usr_d", None, [fix(wall)]) == ["live"]
    assert await live.record("usr_d", None, [fix(wall, age=5)]) == ["out_of_order"]
    assert len(await redis.call("KEYS", "*")) == 1


async def test_a_leap_is_not_believed_whatever_area_it_leads_to(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    await live.record("usr_d", "montreal", [fix(wall)])
    wall.now += timedelta(seconds=5)
    for area in (None, "laval"):
        assert await live.record("usr_d", area, [fix(wall, 50_000)]) == ["impossible"]
    assert [d.driver_id for d in await live.nearby("montreal", HERE, 500, 10)] == ["usr_d"]
    assert await live.record("usr_d", None, [fix(wall, 100)]) == ["live"]
    wall.now += timedelta(seconds=5)
    assert await live.record("usr_d", "montreal", [fix(wall, 50_000)]) == ["impossible"]


async def test_a_driver_is_found_only_in_the_area_of_the_newest_position(
    live: PositionStore, wall: Wall, redis: RedisClient
) -> None:
    async def areas() -> list[str]:
        return [a for a in ("montreal", "laval") if await live.nearby(a, HERE, 500, 10)]

    for area in ("montreal", "laval", None, "laval"):
        expected = [area] if area else []
        assert await live.record("usr_d", area, [fix(wall)]) == ["live"]
        assert await areas() == expected
        assert len(await live.all_in_area("laval")) == (area == "laval")
        wall.now += timedelta(seconds=2)


@pytest.mark.parametrize("seed", range(20))
async def test_the_script_says_what_the_pure_rule_says(seed: int, live: PositionStore, wall: Wall) -> None:
    random = Random(seed)
    last: Position | None = None
    for _ in range(30):
        wall.now += timedelta(seconds=random.choice([0, 0.1, 1, 5, 40]))
        given = Position(
            lat=HERE.lat + random.choice([0, 20, 65, 75, 400, 3000, -60]) * METRE,
            lng=HERE.lng + random.choice([0, 0, 0.001]),
            at=wall.now - timedelta(seconds=random.choice([-40, -10, 0, 0, 0, 1, 10, 35])),
            accuracy=random.choice([None, 5, 200, 250]),
        )
        if last is not None and random.random() < 0.1:
            given = last
        expected = judge_position(last, given, wall.now, PositionRules())
        assert await live.record("usr_d", "montreal", [given]) == [expected]
        if expected in ("live", "stale"):
            last = given


async def test_in_a_fast_city_slices_expire_sooner_by_the_wall(redis: RedisClient) -> None:
    at = datetime.now(UTC)
    live = PositionStore(redis, Clock(city_origin=at, wall_origin=at, speed=60), PositionRules())
    await live.record("usr_d", "montreal", [Position(lat=HERE.lat, lng=HERE.lng, at=at)])
    (geo,) = await redis.call("KEYS", "*geo*", decode=True)
    assert await redis.call("PTTL", geo) < 3_000

"""The newest positions of drivers, in a real Redis."""

from __future__ import annotations

import struct
import time
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.tracking.model import Position, PositionRules, Track, judge_position
from supportcarr.tracking.position_store import PositionStore

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
HERE = GeoPoint(45.52, -73.58)
METRE = 1 / 111_195


class WallClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture
def positions(redis: RedisClient, wall: WallClock) -> PositionStore:
    return PositionStore(redis, Clock(city_origin=START, wall_origin=START, wall=wall), PositionRules())


def position(wall: WallClock, metres: float = 0.0, age: float = 0.0) -> Position:
    return Position(lat=HERE.lat + metres * METRE, lng=HERE.lng, at=wall.now - timedelta(seconds=age))


async def test_drivers_with_a_fresh_position_are_found_nearest_first(
    positions: PositionStore, wall: WallClock
) -> None:
    for driver_id, metres in (("usr_far", 900), ("usr_near", 100), ("usr_away", 5000)):
        assert await positions.record(driver_id, ["montreal"], [position(wall, metres)]) == ["live"]
    found = await positions.nearby("montreal", HERE, 1000, 10)
    assert [d.driver_id for d in found] == ["usr_near", "usr_far"]
    assert [d.distance_m for d in found] == pytest.approx([100, 900], abs=1)
    assert found[0].at == START
    assert [d.driver_id for d in await positions.nearby("montreal", HERE, 1000, 1)] == ["usr_near"]
    assert await positions.nearby("laval", HERE, 1000, 10) == []
    present = {d.driver_id for d in await positions.all_in_area("montreal")}
    assert present == {"usr_far", "usr_near", "usr_away"}


async def test_a_driver_who_moved_is_found_only_at_the_newest_position(
    positions: PositionStore, wall: WallClock
) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    wall.now += timedelta(seconds=20)
    await positions.record("usr_d", ["montreal"], [position(wall, 1000)])
    assert await positions.nearby("montreal", HERE, 500, 10) == []
    (found,) = await positions.nearby("montreal", HERE, 1500, 10)
    assert found.distance_m == pytest.approx(1000, abs=1)


async def test_the_nearest_of_many_are_those_that_a_full_scan_finds(
    positions: PositionStore, wall: WallClock
) -> None:
    random = Random(4)
    metres = {f"usr_{n:03d}": random.uniform(-9_000, 9_000) for n in range(250)}
    reported: dict[str, datetime] = {}
    for _ in range(5):  # some report in every bucket, some are silent for too long
        wall.now += timedelta(seconds=9)
        for driver_id in random.sample(sorted(metres), 150):
            if driver_id in reported:
                metres[driver_id] += random.uniform(-500, 500)
            assert await positions.record(driver_id, ["montreal"], [position(wall, metres[driver_id])]) == [
                "live"
            ]
            reported[driver_id] = wall.now
    fresh = [d for d, at in reported.items() if wall.now - at <= timedelta(seconds=30)]
    assert len(fresh) < 250
    for radius, limit in ((25_000, 20), (25_000, 1), (4_000, 500), (1_500, 10)):
        nearest = sorted((abs(metres[d]), d) for d in fresh if abs(metres[d]) <= radius)[:limit]
        found = await positions.nearby("montreal", HERE, radius, limit)
        assert [d.driver_id for d in found] == [driver_id for _, driver_id in nearest]


async def test_the_search_continues_beyond_the_first_candidates_of_a_bucket(
    positions: PositionStore, wall: WallClock
) -> None:
    """A driver is found behind any number of nearer ones, and behind those who have moved on."""
    for n in range(450):
        await positions.record(f"usr_{n:03d}", ["montreal"], [position(wall, 100 + n)])
    await positions.record("usr_still", ["montreal"], [position(wall, 600)])
    found = await positions.nearby("montreal", HERE, 25_000, 1000)
    assert [d.driver_id for d in found] == [*(f"usr_{n:03d}" for n in range(450)), "usr_still"]
    assert [d.driver_id for d in await positions.nearby("montreal", HERE, 25_000, 451)][-1] == "usr_still"
    wall.now += timedelta(seconds=11)
    for n in range(450):
        await positions.record(f"usr_{n:03d}", ["montreal"], [position(wall, 750 + n)])
    found = await positions.nearby("montreal", HERE, 25_000, 1)
    assert [d.driver_id for d in found] == ["usr_still"]


async def test_a_driver_is_a_member_of_one_bucket_only(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    for _ in range(4):
        assert await positions.record("usr_d", ["montreal"], [position(wall)]) == ["live"]
        wall.now += timedelta(seconds=10)
        buckets = await redis.call("KEYS", "*:geo:*", decode=True)
        assert len(buckets) == 1 and await redis.call("ZCARD", buckets[0]) == 1


async def test_a_driver_is_not_found_once_the_position_is_not_fresh(
    positions: PositionStore, wall: WallClock
) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    wall.now += timedelta(seconds=30)
    assert len(await positions.nearby("montreal", HERE, 500, 10)) == 1
    wall.now += timedelta(seconds=0.1)
    assert await positions.nearby("montreal", HERE, 500, 10) == []
    assert await positions.all_in_area("montreal") == []


async def test_stored_keys_expire(positions: PositionStore, wall: WallClock, redis: RedisClient) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    stored_keys = await redis.call("KEYS", "*", decode=True)
    assert len(stored_keys) == 2
    for key in stored_keys:
        assert 0 < await redis.call("PTTL", key) <= 600_000


async def test_a_bucket_lives_as_long_as_it_is_searched(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    """Reports of a driver who is a member already do not extend it, and need not."""
    began = time.monotonic()
    await positions.record("usr_d", ["montreal"], [position(wall)])
    (bucket,) = await redis.call("KEYS", "*:geo:*", decode=True)
    entered = wall.now
    for _ in range(9):
        wall.now += timedelta(seconds=1)
        assert await positions.record("usr_d", ["montreal"], [position(wall)]) == ["live"]
    assert bucket in positions._buckets("montreal")
    while bucket in positions._buckets("montreal"):
        wall.now += timedelta(seconds=1)
    left_ms = await redis.call("PTTL", bucket)
    lasts_ms = left_ms + 1000 * (time.monotonic() - began)  # Redis has a clock of its own
    assert lasts_ms >= 1000 * (wall.now - entered).total_seconds()


async def test_an_evicted_bucket_is_created_again_with_an_expiry(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    (bucket,) = await redis.call("KEYS", "*:geo:*", decode=True)
    await redis.call("DEL", bucket)
    wall.now += timedelta(seconds=1)
    await positions.record("usr_d", ["montreal"], [position(wall)])
    assert await redis.call("PTTL", bucket) > 0
    assert [d.driver_id for d in await positions.nearby("montreal", HERE, 500, 10)] == ["usr_d"]


async def test_a_driver_in_two_buckets_is_returned_once_at_the_newest_position(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    """The stored value with their bucket was evicted, so they stay a member of the old one for a while."""
    await positions.record("usr_d", ["montreal"], [position(wall)])
    await redis.call("DEL", *await redis.call("KEYS", keys.last_position("*")))
    wall.now += timedelta(seconds=11)
    await positions.record("usr_d", ["montreal"], [position(wall, 1000)])
    await positions.record("usr_e", ["montreal"], [position(wall, 1200)])
    assert await positions.nearby("montreal", HERE, 500, 1) == []
    for limit, expected in ((1, ["usr_d"]), (2, ["usr_d", "usr_e"])):
        found = await positions.nearby("montreal", HERE, 1500, limit)
        assert [d.driver_id for d in found] == expected
    assert found[0].distance_m == pytest.approx(1000, abs=1)


async def test_a_stored_position_is_exact(positions: PositionStore, wall: WallClock) -> None:
    given = Position(lat=45.51234567890123, lng=-73.60000000000001, at=wall.now - timedelta(microseconds=1))
    await positions.record("usr_d", ["montreal"], [given])
    (found,) = await positions.nearby("montreal", given.point, 500, 10)
    assert (found.point, found.at, found.heading) == (given.point, given.at, None)
    await positions.record("usr_e", ["montreal"], [msgspec.structs.replace(given, heading=0.0)])
    assert {d.driver_id: d.heading for d in await positions.all_in_area("montreal")} == {
        "usr_d": None,
        "usr_e": 0.0,
    }


async def test_a_rejected_position_changes_nothing(positions: PositionStore, wall: WallClock) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    wall.now += timedelta(seconds=1)
    assert await positions.record("usr_d", ["montreal"], [position(wall, 9000)]) == ["impossible"]
    assert await positions.record("usr_d", ["montreal"], [position(wall, 10)]) == ["live"]
    (found,) = await positions.nearby("montreal", HERE, 500, 10)
    assert found.distance_m == pytest.approx(10, abs=0.1)


async def test_of_offline_positions_only_fresh_ones_are_live(
    positions: PositionStore, wall: WallClock
) -> None:
    reported = [position(wall, 10 * (100 - age), age) for age in (100, 60, 31, 20, 5)]
    assert await positions.record("usr_d", ["montreal"] * len(reported), reported) == [
        "stale",
        "stale",
        "stale",
        "live",
        "live",
    ]
    assert await positions.record("usr_d", ["montreal"] * len(reported), reported) == ["out_of_order"] * 4 + [
        "repeated"
    ]
    (found,) = await positions.nearby("montreal", HERE, 5000, 10)
    assert found.at == wall.now - timedelta(seconds=5)


async def test_stale_positions_alone_do_not_make_a_driver_findable(
    positions: PositionStore, wall: WallClock
) -> None:
    reported = [position(wall, 0, 60), position(wall, 5, 50)]
    assert await positions.record("usr_d", ["montreal"] * len(reported), reported) == ["stale"] * 2
    assert await positions.nearby("montreal", HERE, 5000, 10) == []


async def test_positions_outside_every_area_are_checked_but_do_not_make_a_driver_findable(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    assert await positions.record("usr_d", [None], [position(wall)]) == ["live"]
    assert await positions.record("usr_d", [None], [position(wall, age=5)]) == ["out_of_order"]
    assert len(await redis.call("KEYS", "*")) == 1


async def test_an_impossible_speed_is_rejected_in_any_area(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    await positions.record("usr_d", ["montreal"], [position(wall)])
    wall.now += timedelta(seconds=5)
    for area in (None, "laval"):
        assert await positions.record("usr_d", [area], [position(wall, 50_000)]) == ["impossible"]
    assert [d.driver_id for d in await positions.nearby("montreal", HERE, 500, 10)] == ["usr_d"]
    assert await positions.record("usr_d", ["laval"], [position(wall, 100)]) == ["live"]
    wall.now += timedelta(seconds=5)
    assert await positions.record("usr_d", ["montreal"], [position(wall, 50_000)]) == ["impossible"]


async def test_a_driver_is_found_only_in_the_area_of_the_newest_position(
    positions: PositionStore, wall: WallClock, redis: RedisClient
) -> None:
    async def areas() -> list[str]:
        return [a for a in ("montreal", "laval") if await positions.nearby(a, HERE, 500, 10)]

    for area in ("montreal", "laval", None, "laval"):
        expected = [area] if area else []
        assert await positions.record("usr_d", [area], [position(wall)]) == ["live"]
        assert await areas() == expected
        assert len(await positions.all_in_area("laval")) == (area == "laval")
        wall.now += timedelta(seconds=2)


@pytest.mark.parametrize("seed", range(40))
async def test_the_script_judges_as_judge_position_does(
    seed: int, positions: PositionStore, wall: WallClock
) -> None:
    random = Random(seed)
    areas = ["montreal", "montreal", "laval", None]
    track: Track | None = None
    given: Position | None = None
    for _ in range(60):
        wall.now += timedelta(seconds=random.choice([0, 0.1, 1, 2, 2, 5, 40]))
        batch, batch_areas, expected = [], [], []
        for _ in range(random.choice([1, 1, 1, 4])):
            if given is None or random.random() > 0.1:
                given = Position(
                    lat=HERE.lat + random.choice([0, 20, 65, 75, 400, 3000, 3000, -60]) * METRE,
                    lng=HERE.lng + random.choice([0, 0, 0.001]),
                    at=wall.now - timedelta(seconds=random.choice([-40, -10, -9, 0, 0, 0, 1, 10, 35])),
                    accuracy=random.choice([None, 5, 200, 250]),
                )
            batch.append(given)
            batch_areas.append(random.choice(areas))
        for one, area in zip(batch, batch_areas, strict=True):
            verdict, track = judge_position(track, one, wall.now, PositionRules(), in_area=area is not None)
            expected.append(verdict)
        assert await positions.record("usr_d", batch_areas, batch) == expected


async def test_in_an_accelerated_city_buckets_expire_sooner_in_wall_time(redis: RedisClient) -> None:
    wall = WallClock()
    clock = Clock(city_origin=START, wall_origin=START, speed=2, wall=wall)
    positions = PositionStore(redis, clock, PositionRules())
    await positions.record("usr_d", ["montreal"], [position(wall)])
    (geo,) = await redis.call("KEYS", "*geo*", decode=True)
    assert 0 < await redis.call("PTTL", geo) <= 22_000  # 40 s of the city, and 2 s


async def test_a_value_that_an_older_version_left_in_redis_is_no_obstacle(
    positions: PositionStore, redis: RedisClient, wall: WallClock
) -> None:
    old = struct.pack("<4d", START.timestamp() * 1e6, HERE.lat, HERE.lng, -1.0) + b"sc:{pos}:montreal:1"
    await redis.call("SET", "sc:{pos}:last:usr_driver", old, "PX", 600_000)
    assert await positions.sighting("usr_driver") is None
    assert await positions.record("usr_driver", ["montreal"], [position(wall)]) == ["live"]
    assert [d.driver_id for d in await positions.nearby("montreal", HERE, 1000, 10)] == ["usr_driver"]

"""Tracking as a whole: a report goes to Redis, to the rider who waits, and into the trail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from supportcarr.contracts.actors import SYSTEM, Principal
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import ApiError, Overloaded
from supportcarr.contracts.events import AnyEvent, JobStarted, MatchingBegan, RescueAssigned, RescueCompleted
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.money import Charge
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.contracts.routing import NoQuery, RequestContext
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.providers.settings import RoutingSettings
from supportcarr.tracking import broadcast
from supportcarr.tracking.collections import CURRENT_JOBS, LOCATION_HISTORY
from supportcarr.tracking.handlers import consumers
from supportcarr.tracking.model import CurrentJob, Position
from supportcarr.tracking.routes import routes
from supportcarr.tracking.schemas import PositionsIn
from supportcarr.tracking.service import TrackingService

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
HERE, PICKUP, DROPOFF = GeoPoint(45.52, -73.58), GeoPoint(45.53, -73.58), GeoPoint(45.60, -73.58)
DRIVER = "usr_driver"


class Areas:
    async def area_at(self, point: GeoPoint) -> str | None:
        return "montreal" if point.lat < 46 else None


class Tracking:
    def __init__(self, store: Store, redis: RedisClient) -> None:
        self.now = START
        self.store, self.redis = store, redis
        clock = Clock(city_origin=START, wall_origin=START, wall=lambda: self.now.timestamp())
        self.service = TrackingService(
            store, redis, clock, Areas(), StraightLineRouter(RoutingSettings()), fresh_seconds=30
        )
        (self.follow,) = consumers(self.service)

    def fix(self, seconds: float = 0.0, at: GeoPoint = HERE) -> Position:
        return Position(lat=at.lat, lng=at.lng, at=self.now + timedelta(seconds=seconds), heading=90.0)

    async def happen(self, fact_type: type[Any], version: int, **more: Any) -> None:
        fact: AnyEvent = fact_type(
            rescue_id="res_qc_1", rider_id="usr_rider", area_id="montreal", **{"status": "x"} | more
        )
        assert isinstance(fact, self.follow.events)
        event = EventEnvelope(
            id=f"res_qc_1.{version}.0",
            collection="rescuerequests",
            document_id="res_qc_1",
            document_version=version,
            at=self.now,
            actor=SYSTEM,
            event=fact,
        )
        await self.follow.handle(event)

    async def assign(self, version: int = 3) -> None:
        await self.happen(RescueAssigned, version, driver_id=DRIVER, pickup=PICKUP, dropoff=DROPOFF)

    async def complete(self, version: int = 9) -> None:
        await self.happen(
            RescueCompleted, version, driver_id=DRIVER, owed=Charge(0, 0, "CAD"), outcome="delivered"
        )

    async def points(self) -> list[tuple[float, datetime]]:
        trails = [t async for t in self.store.collection(LOCATION_HISTORY).scan({"rescue_id": "res_qc_1"})]
        return [(p.lat, p.at) for t in trails for p in t.points]


@pytest.fixture
async def tracking(
    store: Store, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Tracking]:
    """It tells what has gathered when it is closed, and not before: by then somebody listens."""
    monkeypatch.setattr(broadcast, "BROADCAST_SECONDS", 3600.0)
    tracking = Tracking(store, redis)
    yield tracking
    await tracking.service.close()


async def heard(tracking: Tracking, messages: int = 1) -> list[list[PositionUpdate]]:
    """What is published while the gathered positions are told."""
    stream = tracking.redis.subscribe(keys.positions_channel())
    got: asyncio.Task[list[bytes]] = asyncio.create_task(_take(stream, messages))
    while not (await tracking.redis.call("PUBSUB", "NUMSUB", keys.positions_channel()))[1]:
        await asyncio.sleep(0.01)
    await tracking.service.close()
    return [msgspec.json.decode(m, type=list[PositionUpdate]) for m in await asyncio.wait_for(got, 5)]


async def _take(stream: AsyncIterator[bytes], messages: int) -> list[bytes]:
    return [await anext(stream) for _ in range(messages)]


async def test_the_latest_position_of_each_driver_is_told_in_one_message(tracking: Tracking) -> None:
    for _ in range(3):
        tracking.now += timedelta(seconds=1)
        await tracking.service.report_one(DRIVER, tracking.fix())
        await tracking.service.report_one("usr_other", tracking.fix())
    (updates,) = await heard(tracking)
    assert {(u.driver_id, u.at) for u in updates} == {(DRIVER, tracking.now), ("usr_other", tracking.now)}
    assert updates[0].area_id == "montreal"
    assert updates[0].rescue_id is None


async def test_positions_are_told_by_themselves_a_moment_later(store: Store, redis: RedisClient) -> None:
    tracking = Tracking(store, redis)
    stream = tracking.redis.subscribe(keys.positions_channel())
    got = asyncio.create_task(_take(stream, 1))
    while not got.done():
        tracking.now += timedelta(seconds=1)
        await tracking.service.report_one(DRIVER, tracking.fix())
        await asyncio.sleep(0.05)
    assert b"usr_driver" in (await got)[0]
    await tracking.service.close()


async def test_on_a_job_the_rider_and_the_time_to_the_next_stop_are_told(tracking: Tracking) -> None:
    await tracking.assign()
    await tracking.service.report_one(DRIVER, tracking.fix())
    ((update,),) = await heard(tracking)
    assert (update.rescue_id, update.rider_id) == ("res_qc_1", "usr_rider")
    assert update.eta_seconds == pytest.approx(1112 * 1.35 / (30 / 3.6), abs=1)

    await tracking.happen(JobStarted, 6, driver_id=DRIVER)
    tracking.now += timedelta(seconds=1)
    await tracking.service.report_one(DRIVER, tracking.fix())
    ((update,),) = await heard(tracking)
    assert update.eta_seconds == pytest.approx(8896 * 1.35 / (30 / 3.6), abs=2)


async def test_who_begins_to_look_sees_what_was_broadcast(tracking: Tracking) -> None:
    await tracking.assign()
    turned = msgspec.structs.replace(tracking.fix(), heading=271.5)
    await tracking.service.report_one(DRIVER, turned)
    ((told,),) = await heard(tracking)
    (seen,) = await tracking.service.positions("montreal")
    assert seen == told
    assert seen.heading == 271.5
    assert seen.eta_seconds is not None


async def test_of_a_truck_that_stands_no_heading_is_kept(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.fix())
    tracking.now += timedelta(seconds=1)
    await tracking.service.report_one(DRIVER, msgspec.structs.replace(tracking.fix(), heading=None))
    (seen,) = await tracking.service.positions("montreal")
    assert (seen.heading, seen.eta_seconds, seen.rescue_id) == (None, None, None)


async def test_of_many_drivers_those_who_are_remembered_and_those_who_are_not_are_told_with_their_jobs(
    tracking: Tracking,
) -> None:
    await tracking.assign()  # remembered from now on
    await tracking.service.report_one("usr_free", tracking.fix())
    ((first,),) = await heard(tracking)
    job = CurrentJob(
        id="usr_new",
        rescue_id="res_qc_2",
        rescue_version=3,
        rider_id="usr_other",
        area_id="montreal",
        since=START,
    )
    await tracking.store.collection(CURRENT_JOBS).insert(job)  # by another process
    tracking.now += timedelta(seconds=1)
    for driver_id in (DRIVER, "usr_free", "usr_new"):
        await tracking.service.report_one(driver_id, tracking.fix())
    (updates,) = await heard(tracking)
    assert first.rescue_id is None
    assert {u.driver_id: u.rescue_id for u in updates} == {
        DRIVER: "res_qc_1",
        "usr_free": None,
        "usr_new": "res_qc_2",
    }


@pytest.mark.parametrize("end", ["completed", "given_up", "exchanged"])
async def test_after_the_job_nobody_is_told_of_the_rider(tracking: Tracking, end: str) -> None:
    await tracking.assign()
    if end == "completed":
        await tracking.complete()
    elif end == "given_up":
        at = {"entry": 2, "ends_at": START, "kind": "rescue", "pickup": PICKUP, "dropoff": DROPOFF}
        await tracking.happen(MatchingBegan, 4, given_up_by=DRIVER, pay_minor=1, currency="CAD", **at)
    else:
        await tracking.happen(RescueAssigned, 4, driver_id="usr_better", previous_driver_id=DRIVER)
    await tracking.assign()  # told again, late
    await tracking.service.report_one(DRIVER, tracking.fix())
    ((update,),) = await heard(tracking)
    assert (update.rescue_id, update.rider_id, update.eta_seconds) == (None, None, None)


async def test_the_way_of_a_job_is_written_down_from_its_assignment_to_its_end(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.fix())
    tracking.now += timedelta(seconds=10)
    await tracking.assign()
    for _ in range(3):
        tracking.now += timedelta(seconds=10)
        await tracking.service.report_one(DRIVER, tracking.fix())
    await tracking.complete()
    tracking.now += timedelta(seconds=10)
    await tracking.service.report_one(DRIVER, tracking.fix())
    await tracking.service.close()
    assert [at for _, at in await tracking.points()] == [START + timedelta(seconds=s) for s in (20, 30, 40)]


async def test_an_offline_trail_is_written_down_though_only_its_end_is_live(tracking: Tracking) -> None:
    await tracking.assign()
    tracking.now += timedelta(seconds=120)
    fixes = [tracking.fix(-age) for age in (0, 100, 60)]
    assert await tracking.service.report(DRIVER, fixes) == ["live", "stale", "stale"]
    await tracking.service.close()
    assert [at for _, at in await tracking.points()] == [
        tracking.now - timedelta(seconds=s) for s in (100, 60, 0)
    ]


async def test_a_driver_without_a_job_leaves_no_trail(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.fix())
    await tracking.service.close()
    assert await tracking.store.collection(LOCATION_HISTORY).count() == 0


@pytest.mark.parametrize(
    ("fix", "code"),
    [
        (Position(lat=45.5, lng=-73.6, at=START - timedelta(seconds=31)), "position_stale"),
        (Position(lat=45.5, lng=-73.6, at=START + timedelta(seconds=31)), "position_out_of_order"),
        (Position(lat=45.5, lng=-73.6, at=START - timedelta(seconds=1)), "position_out_of_order"),
        (Position(lat=45.5, lng=-73.6, at=START, accuracy=201), "position_inaccurate"),
        (Position(lat=45.8, lng=-73.6, at=START + timedelta(seconds=1)), "position_impossible"),
    ],
)
async def test_a_single_position_that_is_not_believed_is_refused_with_its_code(
    tracking: Tracking, fix: Position, code: str
) -> None:
    await tracking.service.report_one(DRIVER, tracking.fix())
    with pytest.raises(ApiError) as refused:
        await tracking.service.report_one(DRIVER, fix)
    assert (refused.value.code, refused.value.status) == (code, 422)


async def test_without_redis_positions_are_refused_for_now(
    store: Store, redis: RedisClient, tracking: Tracking
) -> None:
    await redis.close()
    with pytest.raises(Overloaded) as refused:
        await tracking.service.report_one(DRIVER, tracking.fix())
    assert refused.value.retry_after == 1.0
    await redis.open()


async def post(tracking: Tracking, body: Any) -> Any:
    """``POST /me/positions`` past the gateway."""
    (route,) = routes(tracking.service)
    principal = Principal(DRIVER, frozenset({"driver"}), "ses_1")
    decoded = msgspec.json.decode(msgspec.json.encode(body), type=route.body)
    assert route.body is PositionsIn
    call: RequestContext[Any, NoQuery] = RequestContext(principal, {}, NoQuery(), decoded, "req", "127.0.0.1")
    return (await route.handler(call)).body


async def test_the_route_takes_one_or_a_batch_and_tells_each_refused_one_of_a_batch(
    tracking: Tracking,
) -> None:
    here = {"lat": HERE.lat, "lng": HERE.lng}
    one = await post(tracking, here | {"at": START})
    assert (one.accepted, one.refused) == (1, [])
    batch = await post(
        tracking,
        [
            here | {"at": START + timedelta(seconds=2)},
            here | {"at": START + timedelta(seconds=1), "accuracy": 900},
            here | {"at": START - timedelta(seconds=99)},
        ],
    )
    assert batch.accepted == 1
    assert [(r.index, r.code) for r in batch.refused] == [
        (1, "position_inaccurate"),
        (2, "position_out_of_order"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"lat":91,"lng":0,"at":"2026-06-01T20:00:00Z"}',
        b'{"lat":NaN,"lng":0,"at":"2026-06-01T20:00:00Z"}',
        b'{"lat":1,"lng":0,"at":"2026-06-01T20:00:00"}',
        b'{"lat":1,"lng":0,"at":"2026-06-01T20:00:00Z","heading":361}',
        b'{"lat":1,"lng":0,"at":"2026-06-01T20:00:00Z","colour":"red"}',
        b"[" + b",".join([b'{"lat":1,"lng":0,"at":"2026-06-01T20:00:00Z"}'] * 101) + b"]",
    ],
)
def test_a_body_that_is_not_a_position_is_not_decoded(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(body, type=PositionsIn)


async def test_another_process_learns_of_a_job_within_a_moment(
    tracking: Tracking, store: Store, redis: RedisClient
) -> None:
    other = Tracking(store, redis)
    await other.service.report_one(DRIVER, other.fix())
    await other.service.close()  # it has looked: no job
    await tracking.assign()
    job = await store.collection(CURRENT_JOBS).get(DRIVER)
    assert isinstance(job, CurrentJob)
    assert job.pickup == PICKUP

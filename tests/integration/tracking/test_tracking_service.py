"""The tracking service: a report is stored in Redis, published, and added to the location history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
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
        (self.consumer,) = consumers(self.service)

    def position(self, seconds: float = 0.0, at: GeoPoint = HERE) -> Position:
        return Position(lat=at.lat, lng=at.lng, at=self.now + timedelta(seconds=seconds), heading=90.0)

    async def apply(self, event_type: type[Any], version: int, **more: Any) -> None:
        event: AnyEvent = event_type(
            rescue_id="res_qc_1", rider_id="usr_rider", area_id="montreal", **{"status": "x"} | more
        )
        assert isinstance(event, self.consumer.events)
        envelope = EventEnvelope(
            id=f"res_qc_1.{version}.0",
            collection="rescuerequests",
            document_id="res_qc_1",
            document_version=version,
            at=self.now,
            actor=SYSTEM,
            event=event,
        )
        await self.consumer.handle(envelope)

    async def assign(self, version: int = 3) -> None:
        await self.apply(RescueAssigned, version, driver_id=DRIVER, pickup=PICKUP, dropoff=DROPOFF)

    async def complete(self, version: int = 9) -> None:
        await self.apply(
            RescueCompleted, version, driver_id=DRIVER, owed=Charge(0, 0, "CAD"), outcome="delivered"
        )

    async def points(self) -> list[tuple[float, datetime]]:
        segments = [t async for t in self.store.collection(LOCATION_HISTORY).scan({"rescue_id": "res_qc_1"})]
        return [(p.lat, p.at) for t in segments for p in t.points]


@pytest.fixture
async def tracking(
    store: Store, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Tracking]:
    """Publishes the collected positions when it is closed, and not before: by then a subscriber listens."""
    monkeypatch.setattr(broadcast, "BROADCAST_SECONDS", 3600.0)
    tracking = Tracking(store, redis)
    yield tracking
    await tracking.service.close()


async def published(tracking: Tracking, messages: int = 1) -> list[list[PositionUpdate]]:
    """The messages that are published when the service is closed."""
    channel = keys.positions_channel()
    await _subscribers(tracking, 0)  # the one of an earlier call has left
    async with aclosing(tracking.redis.subscribe(channel)) as stream:
        got: asyncio.Task[list[bytes]] = asyncio.create_task(_take(stream, messages))
        await _subscribers(tracking, 1)
        await tracking.service.close()
        return [msgspec.json.decode(m, type=list[PositionUpdate]) for m in await asyncio.wait_for(got, 120)]


async def _subscribers(tracking: Tracking, number: int) -> None:
    """Wait until so many listen to positions."""
    while (await tracking.redis.call("PUBSUB", "NUMSUB", keys.positions_channel()))[1] != number:
        await asyncio.sleep(0.01)


async def _take(stream: AsyncIterator[bytes], messages: int) -> list[bytes]:
    return [await anext(stream) for _ in range(messages)]


async def test_the_latest_position_of_each_driver_is_published_in_one_message(tracking: Tracking) -> None:
    for _ in range(3):
        tracking.now += timedelta(seconds=1)
        await tracking.service.report_one(DRIVER, tracking.position())
        await tracking.service.report_one("usr_other", tracking.position())
    (updates,) = await published(tracking)
    assert {(u.driver_id, u.at) for u in updates} == {(DRIVER, tracking.now), ("usr_other", tracking.now)}
    assert updates[0].area_id == "montreal"
    assert updates[0].rescue_id is None


async def test_positions_are_published_after_a_short_delay(store: Store, redis: RedisClient) -> None:
    tracking = Tracking(store, redis)
    stream = tracking.redis.subscribe(keys.positions_channel())
    got = asyncio.create_task(_take(stream, 1))
    while not got.done():
        tracking.now += timedelta(seconds=1)
        await tracking.service.report_one(DRIVER, tracking.position())
        await asyncio.sleep(0.05)
    assert b"usr_driver" in (await got)[0]
    await tracking.service.close()


async def test_on_a_job_the_rider_and_the_time_to_the_next_stop_are_published(tracking: Tracking) -> None:
    await tracking.assign()
    await tracking.service.report_one(DRIVER, tracking.position())
    ((update,),) = await published(tracking)
    assert (update.rescue_id, update.rider_id) == ("res_qc_1", "usr_rider")
    assert update.eta_seconds == pytest.approx(1112 * 1.35 / (30 / 3.6), abs=1)

    await tracking.apply(JobStarted, 6, driver_id=DRIVER)
    tracking.now += timedelta(seconds=1)
    await tracking.service.report_one(DRIVER, tracking.position())
    ((update,),) = await published(tracking)
    assert update.eta_seconds == pytest.approx(8896 * 1.35 / (30 / 3.6), abs=2)


async def test_current_updates_are_the_published_ones(tracking: Tracking) -> None:
    await tracking.assign()
    with_heading = msgspec.structs.replace(tracking.position(), heading=271.5)
    await tracking.service.report_one(DRIVER, with_heading)
    ((published_update,),) = await published(tracking)
    (listed,) = await tracking.service.current_updates("montreal")
    assert listed == published_update
    assert listed.heading == 271.5
    assert listed.eta_seconds is not None


async def test_a_position_without_heading_replaces_one_with_heading(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.position())
    tracking.now += timedelta(seconds=1)
    await tracking.service.report_one(DRIVER, msgspec.structs.replace(tracking.position(), heading=None))
    (listed,) = await tracking.service.current_updates("montreal")
    assert (listed.heading, listed.eta_seconds, listed.rescue_id) == (None, None, None)


async def test_cached_and_uncached_jobs_of_many_drivers_are_published(
    tracking: Tracking,
) -> None:
    await tracking.assign()  # remembered from now on
    await tracking.service.report_one("usr_free", tracking.position())
    ((first,),) = await published(tracking)
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
        await tracking.service.report_one(driver_id, tracking.position())
    (updates,) = await published(tracking)
    assert first.rescue_id is None
    assert {u.driver_id: u.rescue_id for u in updates} == {
        DRIVER: "res_qc_1",
        "usr_free": None,
        "usr_new": "res_qc_2",
    }


@pytest.mark.parametrize("end", ["completed", "given_up", "exchanged"])
async def test_after_the_job_the_rider_is_not_published(tracking: Tracking, end: str) -> None:
    await tracking.assign()
    if end == "completed":
        await tracking.complete()
    elif end == "given_up":
        at = {"entry": 2, "ends_at": START, "kind": "rescue", "pickup": PICKUP, "dropoff": DROPOFF}
        await tracking.apply(MatchingBegan, 4, given_up_by=DRIVER, pay_minor=1, currency="CAD", **at)
    else:
        await tracking.apply(RescueAssigned, 4, driver_id="usr_better", previous_driver_id=DRIVER)
    await tracking.assign()  # delivered again, late
    await tracking.service.report_one(DRIVER, tracking.position())
    ((update,),) = await published(tracking)
    assert (update.rescue_id, update.rider_id, update.eta_seconds) == (None, None, None)


async def test_the_location_history_covers_a_job_from_assignment_to_end(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.position())
    tracking.now += timedelta(seconds=10)
    await tracking.assign()
    for _ in range(3):
        tracking.now += timedelta(seconds=10)
        await tracking.service.report_one(DRIVER, tracking.position())
    await tracking.complete()
    tracking.now += timedelta(seconds=10)
    await tracking.service.report_one(DRIVER, tracking.position())
    await tracking.service.close()
    assert [at for _, at in await tracking.points()] == [START + timedelta(seconds=s) for s in (20, 30, 40)]


async def test_offline_positions_are_stored_though_only_the_last_is_live(tracking: Tracking) -> None:
    await tracking.assign()
    tracking.now += timedelta(seconds=120)
    positions = [tracking.position(-age) for age in (0, 100, 60)]
    assert await tracking.service.report(DRIVER, positions) == ["live", "stale", "stale"]
    await tracking.service.close()
    assert [at for _, at in await tracking.points()] == [
        tracking.now - timedelta(seconds=s) for s in (100, 60, 0)
    ]


async def test_a_driver_without_a_job_has_no_location_history(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.position())
    await tracking.service.close()
    assert await tracking.store.collection(LOCATION_HISTORY).count() == 0


@pytest.mark.parametrize(
    ("position", "code"),
    [
        (Position(lat=45.5, lng=-73.6, at=START - timedelta(seconds=31)), "position_stale"),
        (Position(lat=45.5, lng=-73.6, at=START + timedelta(seconds=31)), "position_out_of_order"),
        (Position(lat=45.5, lng=-73.6, at=START - timedelta(seconds=1)), "position_out_of_order"),
        (Position(lat=45.5, lng=-73.6, at=START, accuracy=201), "position_inaccurate"),
        (Position(lat=45.8, lng=-73.6, at=START + timedelta(seconds=1)), "position_impossible"),
    ],
)
async def test_a_rejected_single_position_raises_the_error_of_its_verdict(
    tracking: Tracking, position: Position, code: str
) -> None:
    await tracking.service.report_one(DRIVER, tracking.position())
    with pytest.raises(ApiError) as refused:
        await tracking.service.report_one(DRIVER, position)
    assert (refused.value.code, refused.value.status) == (code, 422)


async def test_without_redis_positions_are_refused_with_retry_after(
    store: Store, redis: RedisClient, tracking: Tracking
) -> None:
    await redis.close()
    with pytest.raises(Overloaded) as refused:
        await tracking.service.report_one(DRIVER, tracking.position())
    assert refused.value.retry_after == 1.0
    await redis.open()


async def post(tracking: Tracking, body: Any) -> Any:
    """``POST /me/positions`` without the gateway."""
    (route,) = routes(tracking.service)
    principal = Principal(DRIVER, frozenset({"driver"}), "ses_1")
    decoded = msgspec.json.decode(msgspec.json.encode(body), type=route.body)
    assert route.body is PositionsIn
    request: RequestContext[Any, NoQuery] = RequestContext(
        principal, {}, NoQuery(), decoded, "req", "127.0.0.1"
    )
    return (await route.handler(request)).body


async def test_the_route_takes_one_or_a_batch_and_lists_the_rejected_ones(
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
def test_an_invalid_body_is_not_decoded(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(body, type=PositionsIn)


async def test_another_process_sees_a_new_job_shortly_after(
    tracking: Tracking, store: Store, redis: RedisClient
) -> None:
    other = Tracking(store, redis)
    await other.service.report_one(DRIVER, other.position())
    await other.service.close()  # it has cached that there is no job
    await tracking.assign()
    job = await store.collection(CURRENT_JOBS).get(DRIVER)
    assert isinstance(job, CurrentJob)
    assert job.pickup == PICKUP


async def test_the_position_on_a_job_is_shown_for_that_job_while_it_lasts(tracking: Tracking) -> None:
    await tracking.service.report_one(DRIVER, tracking.position())
    assert await tracking.service.on_job(DRIVER, "res_qc_1") is None
    await tracking.assign()
    shown = await tracking.service.on_job(DRIVER, "res_qc_1")
    assert shown is not None
    assert (shown.point, shown.at, shown.heading) == (HERE, tracking.now, 90.0)
    assert shown.eta_seconds is not None and 60 < shown.eta_seconds < 600
    assert await tracking.service.on_job(DRIVER, "res_qc_2") is None
    tracking.now += timedelta(seconds=31)
    assert await tracking.service.on_job(DRIVER, "res_qc_1") is None  # no fresh position
    await tracking.service.report_one(DRIVER, tracking.position())
    await tracking.complete()
    assert await tracking.service.on_job(DRIVER, "res_qc_1") is None

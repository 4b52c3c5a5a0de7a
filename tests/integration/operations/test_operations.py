"""The console's queries: overview, list, one rescue, map."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from support.audit.views import KeptViews
from support.http.server import serving
from support.rescues import events
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RescueMoved
from supportcarr.contracts.rescues import STATUSES
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.cache import BoundedCache
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.operations.handlers import consumers
from supportcarr.operations.model import Area, DriverCounts
from supportcarr.operations.ports import DriverPoint, PaymentDetails
from supportcarr.operations.routes import routes
from supportcarr.operations.schemas import RescueDetailsView
from supportcarr.operations.service import OVERVIEW_CACHE_SECONDS, OperationsService

NOW = events.START + timedelta(minutes=10)
AREAS = (Area("laval", "America/Toronto"), Area("montreal", "America/Toronto"))


@dataclass
class FakeParts:
    """Fakes of the other parts."""

    known: set[str] = field(default_factory=lambda: {events.RESCUE})

    async def count(self, area_id: str | None) -> DriverCounts:
        return DriverCounts(5, 2) if area_id is None else DriverCounts(3, 1)

    async def positions(self, area_id: str) -> Sequence[DriverPoint]:
        return [DriverPoint(driver_id=events.DRIVER, lat=45.5, lng=-73.6, at=NOW)]

    async def rescue(self, rescue_id: str) -> Any | None:
        return {"id": rescue_id, "status": "matching"} if rescue_id in self.known else None

    async def rider_id(self, rescue_id: str) -> str | None:
        return events.RIDER if rescue_id in self.known else None

    async def timeline(self, rescue_id: str) -> Sequence[Any]:
        return [{"to": "requested"}, {"to": "matching"}]

    async def messages(self, rescue_id: str) -> int:
        return 3


Whole = RescueDetailsView[dict[str, str], dict[str, str], dict[str, str]]


class Offers:
    async def of(self, rescue_id: str) -> Sequence[Any]:
        return [{"id": "off_1", "outcome": "expired"}]


PAYMENT = PaymentDetails(
    id="pay_1",
    status="held",
    currency="CAD",
    hold_minor=3150,
    captured_minor=0,
    refunded_minor=0,
    intent_id="pi_1",
    failure=None,
)


class Payments:
    async def of(self, rescue_id: str) -> PaymentDetails | None:
        return PAYMENT


class FakePeople:
    """Finds the people of whom the text is the name."""

    async def find(self, text: str) -> Sequence[str]:
        return {"zoe": [events.RIDER], "dan": [events.DRIVER], "both": [events.RIDER, events.DRIVER]}.get(
            text, []
        )


def stopped_clock(now: datetime = NOW) -> Clock:
    """A clock that hardly moves."""
    return Clock(city_origin=now, speed=1e-9)


def console(store: Store, now: datetime = NOW) -> OperationsService:
    return OperationsService(store, stopped_clock(now), FakeParts(), AREAS, FakePeople())


async def apply_events(service: OperationsService, events: Sequence[EventEnvelope]) -> None:
    (consumer,) = consumers(service)
    for event in events:
        assert isinstance(event.event, consumer.events)
        await consumer.handle(event)


def for_rescue(
    n: int, events: Sequence[EventEnvelope], *, area: str = "montreal", later: float = 0
) -> list[EventEnvelope]:
    """The same life for another rescue, so many minutes later."""
    rescue_id = f"res_qc_01jdc00000000000000000{n:04d}"
    moved = []
    for event in events:
        changed = msgspec.structs.replace(event.event, rescue_id=rescue_id, area_id=area)
        own = rescue_id if isinstance(event.event, RescueMoved) else f"{event.document_id}{n}"
        at = event.at + timedelta(minutes=later)
        moved.append(msgspec.structs.replace(event, event=changed, document_id=own, at=at))
    return moved


async def test_the_overview_counts_every_status_and_today_s_revenue(store: Store) -> None:
    service = console(store)
    life = events.whole_life()
    await apply_events(service, for_rescue(1, life))
    await apply_events(service, for_rescue(2, life, later=1))
    await apply_events(service, for_rescue(3, life[:3], later=2))  # matching since 21:04
    await apply_events(service, for_rescue(4, life[:1], area="laval", later=5))  # requested at 21:06
    overview = await service.overview()
    assert overview.drivers == DriverCounts(5, 2)
    assert set(overview.rescues) == set(STATUSES)
    assert {s: n for s, n in overview.rescues.items() if n} == {"completed": 2, "matching": 1, "requested": 1}
    assert overview.waiting_seconds_max == 6 * 60
    assert (overview.today.completed, overview.today.revenue_minor) == (2, 6300)
    laval = await service.overview("laval")
    assert {s: n for s, n in laval.rescues.items() if n} == {"requested": 1}
    assert (laval.waiting_seconds_max, laval.today.completed) == (4 * 60, 0)


async def test_the_overview_is_cached_for_a_second(store: Store) -> None:
    now = [0.0]
    service = console(store)
    service._overviews = BoundedCache(2, OVERVIEW_CACHE_SECONDS, monotonic=lambda: now[0])
    assert (await service.overview()).rescues["completed"] == 0
    await apply_events(service, events.whole_life())
    assert (await service.overview()).rescues["completed"] == 0
    assert (await service.overview("montreal")).rescues["completed"] == 1
    now[0] = OVERVIEW_CACHE_SECONDS
    assert (await service.overview()).rescues["completed"] == 1


async def test_today_begins_at_midnight_in_the_area_s_own_time(store: Store) -> None:
    await apply_events(console(store), events.whole_life())  # ended at 16:07 in Montreal
    evening = datetime(2026, 11, 24, 4, 59, tzinfo=UTC)  # 23:59 in Montreal
    assert (await console(store, evening).overview()).today.completed == 1
    assert (await console(store, evening + timedelta(minutes=2)).overview()).today.completed == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_concurrent_events_in_any_order_give_one_row(store: Store, seed: int) -> None:
    service = console(store)
    life = events.whole_life() * 2
    random.Random(seed).shuffle(life)
    await asyncio.gather(*(service.apply(event) for event in life))
    (row,) = (await service.search()).items
    assert (row.status, row.source_version, row.captured_minor) == ("completed", 7, 3150)
    assert row.arrived_at == events.START + timedelta(minutes=5)


async def test_the_list_is_newest_first_filtered_and_paged(store: Store, redis: RedisClient) -> None:
    service = console(store)
    life = events.whole_life()
    for n in range(1, 6):
        await apply_events(service, for_rescue(n, life if n % 2 else life[:3], later=n))
    await apply_events(service, for_rescue(9, life[:1], area="laval"))
    city = FakeParts()
    mine = routes(service, stopped_clock(), city, Offers(), Payments(), city, Whole, KeptViews())
    async with serving(mine, store=store, redis=redis) as api:
        ops = await api.person("support")

        async def ids(query: str) -> list[int]:
            answer = await ops.get(f"/admin/rescues{query}")
            assert answer.status == 200, answer.body
            return [int(item["id"][-4:]) for item in answer.body["items"]]

        assert await ids("") == [5, 4, 3, 2, 1, 9]
        assert await ids("?status=matching") == [4, 2]
        assert await ids("?status=matching,requested") == [4, 2, 9]
        assert await ids("?area=laval") == [9]
        assert await ids("?area=montreal&status=completed") == [5, 3, 1]
        assert await ids(f"?rider={events.RIDER}&area=laval") == [9]
        assert await ids(f"?driver={events.DRIVER}") == [5, 3, 1]
        assert await ids("?q=res_qc_01jdc000000000000000000003") == [3]
        assert await ids("?q=res_qc_nothing") == []
        assert await ids("?q=zoe") == [5, 4, 3, 2, 1, 9]
        assert await ids("?q=dan") == [5, 3, 1]
        assert await ids("?q=both") == [5, 4, 3, 2, 1, 9, 5, 3, 1], "as rider, then as driver"
        assert await ids(f"?q=both&rider={events.RIDER}&area=laval") == [9]
        assert await ids("?q=nobody") == []
        paged, cursor = list[int](), ""
        while True:
            page = (await ops.get(f"/admin/rescues?q=both&limit=2{cursor}")).body
            paged += [int(item["id"][-4:]) for item in page["items"]]
            if page.get("next_cursor") is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert paged == [5, 4, 3, 2, 1, 9, 5, 3, 1]
        assert (await ops.get("/admin/rescues?q=both&cursor=nonsense")).status == 422
        first = await ops.get("/admin/rescues?limit=4")
        rest = await ids(f"?limit=4&cursor={first.body['next_cursor']}")
        assert [int(item["id"][-4:]) for item in first.body["items"]] + rest == [5, 4, 3, 2, 1, 9]
        row = first.body["items"][0]
        assert (row["version"], row["status"], row["captured_minor"]) == (7, "completed", 3150)
        assert (await ops.get("/admin/rescues?status=flying")).status == 422
        assert (await ops.get("/admin/rescues?nonsense=1")).status == 422


async def test_a_rescue_is_shown_with_all_its_details(store: Store, redis: RedisClient) -> None:
    city = FakeParts()
    views = KeptViews()
    mine = routes(console(store), stopped_clock(), city, Offers(), Payments(), city, Whole, views)
    async with serving(mine, store=store, redis=redis) as api:
        ops = await api.person("admin")
        answer = await ops.get(f"/admin/rescues/{events.RESCUE}")
        assert answer.body == {
            "rescue": {"id": events.RESCUE, "status": "matching"},
            "timeline": [{"to": "requested"}, {"to": "matching"}],
            "offers": [{"id": "off_1", "outcome": "expired"}],
            "payment": msgspec.to_builtins(PAYMENT),
            "messages": 3,
        }
        assert (await ops.get("/admin/rescues/res_qc_nothing")).status == 404
        [(by, *what)] = views.views
        assert by is not None and what == ["rescues.read", events.RESCUE, events.RIDER]


async def test_the_map_shows_drivers_and_live_rescues_of_one_area(store: Store, redis: RedisClient) -> None:
    service = console(store)
    life = events.whole_life()
    await apply_events(service, for_rescue(1, life))
    await apply_events(service, for_rescue(2, life[:4]))
    await apply_events(service, for_rescue(3, life[:4], area="laval"))
    city = FakeParts()
    mine = routes(service, stopped_clock(), city, Offers(), Payments(), city, Whole, KeptViews())
    async with serving(mine, store=store, redis=redis) as api:
        ops = await api.person("support")
        answer = await ops.get("/admin/map?area=montreal")
        (rescue,) = answer.body["rescues"]
        assert (rescue["id"][-1], rescue["status"]) == ("2", "assigned")
        assert rescue["pickup"] == {"lat": events.PICKUP.lat, "lng": events.PICKUP.lng}
        (driver,) = answer.body["drivers"]
        assert driver["driver_id"] == events.DRIVER
        assert (await ops.get("/admin/map?area=atlantis")).status == 422
        assert (await ops.get("/admin/map")).status == 422


@pytest.mark.parametrize("path", ["overview", "rescues", f"rescues/{events.RESCUE}", "map?area=montreal"])
async def test_only_operators_may_use_the_console(store: Store, redis: RedisClient, path: str) -> None:
    city = FakeParts()
    mine = routes(console(store), stopped_clock(), city, Offers(), Payments(), city, Whole, KeptViews())
    async with serving(mine, store=store, redis=redis) as api:
        people = [await api.person("rider"), await api.person("driver")]
        assert [(await person.get(f"/admin/{path}")).status for person in people] == [403, 403]
        assert (await api.anonymous().get(f"/admin/{path}")).status == 401
        assert (await (await api.person("support")).get(f"/admin/{path}")).status == 200

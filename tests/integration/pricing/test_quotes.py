"""Quotes and coverage, on a store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from support.files.no_photos import NoPhotos
from supportcarr.contracts.carrying import NO_NEEDS, CarryingNeeds, VehicleSpec, can_carry
from supportcarr.contracts.errors import ApiError, NotFound, ValidationFailed
from supportcarr.contracts.geo import GeoPoint, Place, distance_m
from supportcarr.contracts.value_objects import Leg
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.pricing import coverage as coverage_module
from supportcarr.pricing import jobs as pricing_jobs
from supportcarr.pricing.areas import MONTREAL, seed_demo
from supportcarr.pricing.collections import AREAS, QUOTES
from supportcarr.pricing.commands import RequestQuote
from supportcarr.pricing.coverage import CoverageService
from supportcarr.pricing.errors import OutsideArea, QuoteExpired, QuoteNotGenuine, QuoteUsed, UnsafeBattery
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.pricing.schemas import CoverageQuery, CoverageView, QuoteView
from supportcarr.pricing.service import PricingService
from supportcarr.pricing.settings import QuoteSettings
from supportcarr.riders.possession_service import BikeService

PLATEAU, VILLERAY = Place(45.5236, -73.5823), Place(45.5421, -73.6207)
ROSEMONT = Place(45.5530, -73.5800)
TORONTO = Place(43.6532, -79.3832)
RIDER, RESCUE = "usr_1", "res_qc_1"
SETTINGS = QuoteSettings(secret="quotes-secret")


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 17, 0, 0, 123_456, tzinfo=UTC)

    def __call__(self) -> float:
        return self.at.timestamp()


class StraightLines:
    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg:
        metres = round(distance_m(origin, destination))
        return Leg(metres, metres // 8)


class OneDriver:
    def __init__(self, eta: int | None = 240) -> None:
        self.eta = eta
        self.asked = 0
        self.vehicle: VehicleSpec | None = None

    async def eta_seconds(self, area_id: str, point: GeoPoint, needs: CarryingNeeds = NO_NEEDS) -> int | None:
        self.asked += 1
        return self.eta if can_carry(self.vehicle, needs) else None


class PricingParts:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.wall = Wall()
        self.clock = Clock(wall=self.wall)
        self.supply = OneDriver()
        self.areas = ServiceAreas(store, self.clock)
        self.bikes = BikeService(store, self.clock, NoPhotos())
        self.pricing = PricingService(
            store, self.clock, self.areas, StraightLines(), self.supply, self.bikes, SETTINGS
        )
        self.coverage = CoverageService(self.areas, self.supply, self.clock)


@pytest.fixture
async def parts(store: Store) -> PricingParts:
    await seed_demo(store)
    return PricingParts(store)


def wanted(**changes: Any) -> RequestQuote:
    fields: dict[str, Any] = {
        "kind": "rescue",
        "problem": "flat_tire",
        "pickup": PLATEAU,
        "dropoff": VILLERAY,
    }
    return msgspec.convert(msgspec.to_builtins(fields | changes), RequestQuote)


async def test_a_quote_is_itemised_and_holds_for_ten_minutes(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    terms = quote.terms
    assert sum(item.amount_minor for item in terms.items) == terms.total_minor >= 2000
    assert (terms.area_id, terms.region, terms.currency) == ("montreal", "qc", "CAD")
    assert terms.eta_seconds == 240
    assert quote.expires_at - quote.created_at == timedelta(seconds=600)
    answer = msgspec.to_builtins(QuoteView.of(quote))
    assert {"id", "items", "total_minor", "currency", "eta_seconds", "distance_m"} <= set(answer)
    assert {"duration_s", "demand_multiplier", "expires_at"} <= set(answer)


async def test_an_unused_quote_is_purged_a_day_after_its_end(parts: PricingParts) -> None:
    (task,) = pricing_jobs.periodic_tasks(parts.pricing)
    quote = await parts.pricing.quote(RIDER, wanted())
    parts.wall.at = quote.expires_at + timedelta(days=1)
    await task.run()
    assert await parts.pricing.terms_of(quote.id, rider_id=RIDER) == quote.terms
    parts.wall.at += timedelta(seconds=1)
    await task.run()
    with pytest.raises(NotFound):
        await parts.pricing.terms_of(quote.id, rider_id=RIDER)


@pytest.mark.parametrize("speed", [1, 60])
async def test_redeemed_quote_is_kept_while_its_request_can_be_repeated(
    parts: PricingParts, speed: float
) -> None:
    """Idempotency keys are kept 48 hours of wall time, however fast the city's clock runs."""
    fast = Clock(city_origin=parts.wall.at, wall_origin=parts.wall.at, wall=parts.wall, speed=speed)
    pricing = PricingService(
        parts.store, fast, parts.areas, StraightLines(), parts.supply, parts.bikes, SETTINGS
    )
    quote = await pricing.quote(RIDER, wanted())
    await pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=fast.city())
    parts.wall.at += timedelta(hours=48) - timedelta(seconds=1)
    await pricing.purge_quotes()
    assert await pricing.terms_of(quote.id, rider_id=RIDER) == quote.terms
    parts.wall.at += timedelta(seconds=2)
    await pricing.purge_quotes()
    assert await parts.store.collection(QUOTES).count() == 0


async def test_repeated_seeding_changes_nothing(parts: PricingParts) -> None:
    areas = parts.store.collection(AREAS)
    stored = await areas.get("montreal")
    assert stored is not None
    await areas.save(replace(stored, name="Elsewhere"))
    await seed_demo(parts.store)
    kept = await areas.get("montreal")
    assert kept is not None and kept.name == "Elsewhere"


@pytest.mark.parametrize(
    ("pickup", "dropoff", "named"),
    [
        (TORONTO, VILLERAY, ["pickup"]),
        (PLATEAU, TORONTO, ["dropoff"]),
        (TORONTO, TORONTO, ["pickup", "dropoff"]),
    ],
)
async def test_location_outside_the_areas_is_a_field_error(
    parts: PricingParts, pickup: Place, dropoff: Place, named: list[str]
) -> None:
    with pytest.raises(OutsideArea) as refused:
        await parts.pricing.quote(RIDER, wanted(pickup=pickup, dropoff=dropoff))
    assert [error.field for error in refused.value.errors] == named
    assert (refused.value.status, refused.value.code) == (422, "outside_area")


@pytest.mark.parametrize(("smoking", "swollen"), [(True, False), (False, True)])
async def test_a_dangerous_battery_is_refused_and_referred_to_the_fire_service(
    parts: PricingParts, smoking: bool, swollen: bool
) -> None:
    battery = {"smoking": smoking, "swollen": swollen, "hot": False}
    with pytest.raises(UnsafeBattery) as refused:
        await parts.pricing.quote(RIDER, wanted(problem="damaged_battery", battery=battery))
    assert (refused.value.status, refused.value.code) == (422, "unsafe_battery")
    assert "fire service" in refused.value.detail


async def test_a_damaged_but_safe_battery_is_accepted(parts: PricingParts) -> None:
    battery = {"smoking": False, "swollen": False, "hot": True}
    quote = await parts.pricing.quote(RIDER, wanted(problem="damaged_battery", battery=battery))
    assert quote.terms.problem == "damaged_battery"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"problem": None}, "problem"),
        ({"problem": "damaged_battery"}, "battery"),
        ({"promo_code": "FREE"}, "promo_code"),
    ],
)
async def test_missing_or_unknown_fields_are_named(
    parts: PricingParts, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await parts.pricing.quote(RIDER, wanted(**changes))
    assert [error.field for error in refused.value.errors] == [field]


async def test_a_utility_job_needs_no_problem(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted(kind="hauling", problem=None))
    assert (quote.terms.kind, quote.terms.problem) == ("hauling", None)


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [
        (timedelta(minutes=29), False),
        (timedelta(minutes=31), True),
        (timedelta(days=29), True),
        (timedelta(days=31), False),
        (timedelta(days=-1), False),
    ],
)
async def test_scheduled_start_is_30_minutes_to_30_days_ahead(
    parts: PricingParts, ahead: timedelta, accepted: bool
) -> None:
    at = parts.clock.city() + ahead
    if accepted:
        quote = await parts.pricing.quote(RIDER, wanted(scheduled_for=at))
        assert quote.terms.scheduled_for is not None
        assert abs(quote.terms.scheduled_for - at) < timedelta(seconds=1)
        assert quote.terms.eta_seconds is None  # it is unknown which drivers will be near then
        assert await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=parts.clock.city())
    else:
        with pytest.raises(ValidationFailed):
            await parts.pricing.quote(RIDER, wanted(scheduled_for=at))


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59"])
async def test_a_scheduled_time_that_utc_cannot_represent_is_out_of_range(
    parts: PricingParts, at: str
) -> None:
    with pytest.raises(ValidationFailed):
        await parts.pricing.quote(RIDER, wanted(scheduled_for=datetime.fromisoformat(at)))


async def test_quote_is_redeemed_by_one_rescue_idempotently(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    now = parts.clock.city()
    terms = await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=now)
    assert terms == quote.terms
    later = now + timedelta(hours=1)  # a repeat after a crash comes late, and is no new use
    assert await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=later) == terms
    with pytest.raises(QuoteUsed):
        await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id="res_qc_2", now=now)


async def test_one_of_two_concurrent_rescues_redeems_the_quote(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    now = parts.clock.city()
    results = await asyncio.gather(
        *(parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=f"res_qc_{n}", now=now) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(not isinstance(r, BaseException) for r in results) == 1
    assert all(isinstance(r, QuoteUsed) for r in results if isinstance(r, BaseException))


async def test_quote_expires_at_its_time(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    with pytest.raises(QuoteExpired):
        await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=quote.expires_at)
    just = quote.expires_at - timedelta(milliseconds=1)
    assert await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=just)


async def test_another_riders_quote_is_not_found(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    for quote_id, rider in ((quote.id, "usr_2"), ("quo_none", RIDER)):
        with pytest.raises(NotFound):
            await parts.pricing.redeem(quote_id, rider_id=rider, rescue_id=RESCUE, now=parts.clock.city())


async def test_a_quote_changed_in_the_store_is_refused(parts: PricingParts) -> None:
    quote = await parts.pricing.quote(RIDER, wanted())
    cheaper = replace(quote, terms=replace(quote.terms, total_minor=1))
    await parts.store.collection(QUOTES).save(cheaper)
    with pytest.raises(QuoteNotGenuine) as refused:
        await parts.pricing.redeem(quote.id, rider_id=RIDER, rescue_id=RESCUE, now=parts.clock.city())
    assert isinstance(refused.value, ApiError)
    assert refused.value.status == 409


async def test_the_area_ends_at_its_boundary(parts: PricingParts) -> None:
    centre = GeoPoint(45.5234, -73.5995)
    assert await parts.areas.area_at(centre) == "montreal"
    corner = MONTREAL.boundary[0]
    assert await parts.areas.area_at(GeoPoint(corner[1] - 0.01, corner[0])) is None
    assert await parts.areas.area_at(TORONTO) is None


async def test_a_moved_boundary_is_seen_after_the_refresh(parts: PricingParts) -> None:
    assert await parts.areas.area_at(TORONTO) is None
    areas = parts.store.collection(AREAS)
    area = await areas.get("montreal")
    assert area is not None
    ring = ((-80.0, 43.0), (-79.0, 43.0), (-79.0, 44.0), (-80.0, 44.0), (-80.0, 43.0))
    await areas.save(replace(area, boundary=ring))
    assert await parts.areas.area_at(TORONTO) is None
    parts.wall.at += timedelta(seconds=31)
    assert await parts.areas.area_at(TORONTO) == "montreal"
    assert await parts.areas.area_at(PLATEAU) is None


async def ask(parts: PricingParts, place: Place) -> CoverageView:
    return msgspec.json.decode(await parts.coverage.at(place.point), type=CoverageView)


async def test_coverage_has_the_arrival_time(parts: PricingParts) -> None:
    assert await ask(parts, PLATEAU) == CoverageView(
        covered=True, area_id="montreal", drivers_available=True, eta_seconds=240
    )
    assert await ask(parts, TORONTO) == CoverageView(covered=False, drivers_available=False)


async def test_coverage_is_cached_per_neighbourhood_for_a_while(
    parts: PricingParts,
) -> None:
    await asyncio.gather(*(ask(parts, PLATEAU) for _ in range(20)))
    assert parts.supply.asked == 1
    parts.supply.eta = None
    assert (await ask(parts, PLATEAU)).drivers_available
    parts.wall.at += timedelta(seconds=11)
    assert not (await ask(parts, PLATEAU)).drivers_available
    assert parts.supply.asked == 2


async def test_cache_of_arrival_times_is_bounded(
    parts: PricingParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_module, "CACHE_MAX", 2)
    for place in (PLATEAU, VILLERAY, ROSEMONT):
        await ask(parts, place)
    await ask(parts, VILLERAY)
    assert parts.supply.asked == 3
    await ask(parts, PLATEAU)  # the oldest went
    assert parts.supply.asked == 4
    assert len(parts.coverage._cache) == 2


async def test_a_cancelled_request_does_not_end_the_lookup_of_the_others(parts: PricingParts) -> None:
    first, second = (asyncio.create_task(parts.coverage.at(PLATEAU.point)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert msgspec.json.decode(await second, type=CoverageView).eta_seconds == 240
    assert parts.supply.asked == 1


async def test_cached_response_is_returned_synchronously(parts: PricingParts) -> None:
    answer = await parts.coverage.at(PLATEAU.point)
    with pytest.raises(StopIteration) as answered:
        parts.coverage.at(PLATEAU.point).send(None)
    assert answered.value.value == answer


async def test_failed_lookup_is_not_cached(parts: PricingParts) -> None:
    class Broken(OneDriver):
        async def eta_seconds(
            self, area_id: str, point: GeoPoint, needs: CarryingNeeds = NO_NEEDS
        ) -> int | None:
            raise ConnectionError

    coverage = CoverageService(parts.areas, Broken(), parts.clock)
    with pytest.raises(ConnectionError):
        await coverage.at(PLATEAU.point)
    coverage._supply = parts.supply
    answer = msgspec.json.decode(await coverage.at(PLATEAU.point), type=CoverageView)
    assert answer.eta_seconds == 240


async def test_a_rider_is_told_that_no_vehicle_near_can_carry_the_load(parts: PricingParts) -> None:
    battery = {"smoking": False, "swollen": False, "hot": False}
    damaged = wanted(problem="damaged_battery", battery=battery)
    parts.supply.vehicle = VehicleSpec(type="van", bed_length_cm=180)
    quote = await parts.pricing.quote(RIDER, damaged)
    assert (quote.terms.eta_seconds, QuoteView.of(quote).unavailable) == (None, "no_vehicle_fits")
    quote = await parts.pricing.quote(RIDER, wanted())
    assert (quote.terms.eta_seconds, QuoteView.of(quote).unavailable) == (240, None)
    parts.supply.eta = None
    quote = await parts.pricing.quote(RIDER, damaged)
    assert (quote.terms.eta_seconds, QuoteView.of(quote).unavailable) == (None, "no_driver")


async def test_coverage_is_told_for_what_has_to_be_carried(parts: PricingParts) -> None:
    async def coverage(**named: Any) -> tuple[bool, str | None]:
        query = CoverageQuery(lat=PLATEAU.lat, lng=PLATEAU.lng, **named)
        view = msgspec.json.decode(await parts.coverage.at(PLATEAU.point, query.needs), type=CoverageView)
        return view.drivers_available, view.unavailable

    parts.supply.vehicle = VehicleSpec(type="pickup", bed_length_cm=180, tie_downs=2)
    for _ in range(2):  # also from the cache
        assert await coverage() == (True, None)
        assert await coverage(bike_type="city", bike_weight_kg=25.0) == (True, None)
        assert await coverage(bike_type="cargo") == (False, "no_vehicle_fits")
        assert await coverage(kind="hauling") == (True, None)

"""What a rescue costs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportcarr.contracts.value_objects import Leg
from supportcarr.pricing.areas import MONTREAL_TARIFF
from supportcarr.pricing.model import DEMAND_CAP, Premium, Promotion, Tariff, premium_at, price

WEDNESDAY_NOON = datetime(2026, 11, 25, 12, 0)  # noqa: DTZ001 - local time
NIGHT = Premium(label="Night", percent=20, from_minute=22 * 60, until_minute=6 * 60)

amounts = st.integers(0, 100_000)
tariffs = st.builds(
    Tariff,
    id=st.just("t"),
    currency=st.just("CAD"),
    base_minor=amounts,
    per_km_minor=st.integers(0, 1000),
    per_minute_minor=st.integers(0, 500),
    minimum_minor=amounts,
    premiums=st.sampled_from([(), (NIGHT,)]),
)
legs = st.builds(Leg, distance_m=st.integers(0, 200_000), duration_s=st.integers(0, 20_000))
times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - local times
multipliers = st.floats(0, 10)
promotions = st.none() | st.builds(
    Promotion, code=st.just("HELLO"), percent=st.integers(0, 100), amount_minor=st.integers(0, 5000)
)


def codes(made: object) -> dict[str, int]:
    return {item.code: item.amount_minor for item in made.items}  # type: ignore[attr-defined]  # any price


def test_the_demo_tariff_itemises_base_distance_and_time() -> None:
    made = price(MONTREAL_TARIFF, Leg(distance_m=8_250, duration_s=990), WEDNESDAY_NOON)
    assert codes(made) == {"base": 1200, "distance": 1320, "time": 742}  # 742.5: half to even
    assert (made.total_minor, made.before_promo_minor, made.demand_multiplier) == (3262, 3262, 1.0)


def test_short_route_costs_the_minimum_fare() -> None:
    made = price(MONTREAL_TARIFF, Leg(distance_m=1000, duration_s=120), WEDNESDAY_NOON)
    assert codes(made) == {"base": 1200, "distance": 160, "time": 90, "minimum": 550}
    assert made.total_minor == 2000


def test_demand_multiplies_all_previous_items() -> None:
    tariff = replace(MONTREAL_TARIFF, premiums=(NIGHT,))
    made = price(tariff, Leg(1000, 120), datetime(2026, 11, 25, 23, 0), 1.5)  # noqa: DTZ001 - local time
    assert codes(made) | {"base": 0, "distance": 0, "time": 0, "minimum": 0} == {
        "base": 0,
        "distance": 0,
        "time": 0,
        "minimum": 0,
        "premium": 400,
        "demand": 1200,
    }
    assert made.total_minor == 3600


def test_promotion_lowers_the_price_but_not_the_drivers_share() -> None:
    made = price(MONTREAL_TARIFF, Leg(1000, 120), WEDNESDAY_NOON, 1.0, Promotion(code="TEN", percent=10))
    assert codes(made)["promo"] == -200
    assert (made.before_promo_minor, made.total_minor) == (2000, 1800)


@given(tariffs, legs, times, multipliers, promotions)
def test_the_items_sum_to_the_total(
    tariff: Tariff, leg: Leg, at: datetime, multiplier: float, promotion: Promotion | None
) -> None:
    made = price(tariff, leg, at, multiplier, promotion)
    assert sum(item.amount_minor for item in made.items) == made.total_minor
    without_promo = sum(item.amount_minor for item in made.items if item.code != "promo")
    assert without_promo == made.before_promo_minor


@given(tariffs, legs, times, multipliers, promotions)
def test_a_price_is_never_below_the_minimum_and_a_discount_never_below_zero(
    tariff: Tariff, leg: Leg, at: datetime, multiplier: float, promotion: Promotion | None
) -> None:
    made = price(tariff, leg, at, multiplier, promotion)
    assert made.before_promo_minor >= tariff.minimum_minor
    assert 0 <= made.total_minor <= made.before_promo_minor


@given(tariffs, legs, st.integers(0, 100_000), st.integers(0, 10_000), times, multipliers)
def test_longer_route_never_costs_less(
    tariff: Tariff, leg: Leg, metres: int, seconds: int, at: datetime, multiplier: float
) -> None:
    longer = Leg(leg.distance_m + metres, leg.duration_s + seconds)
    assert price(tariff, longer, at, multiplier).total_minor >= price(tariff, leg, at, multiplier).total_minor


@given(tariffs, legs, times, multipliers)
def test_demand_is_held_between_one_and_its_cap(
    tariff: Tariff, leg: Leg, at: datetime, multiplier: float
) -> None:
    made = price(tariff, leg, at, multiplier)
    assert 1.0 <= made.demand_multiplier <= DEMAND_CAP
    calm = price(tariff, leg, at).total_minor
    assert calm <= made.total_minor <= DEMAND_CAP * calm


@pytest.mark.parametrize(
    ("hour", "weekday", "applies"),
    [(22, 4, True), (2, 5, True), (6, 5, False), (21, 4, False), (2, 4, False), (22, 5, False)],
)
def test_a_premium_over_midnight_belongs_to_the_day_it_began(hour: int, weekday: int, applies: bool) -> None:
    friday_night = replace(NIGHT, weekdays=(4,))
    tariff = replace(MONTREAL_TARIFF, premiums=(friday_night,))
    monday = datetime(2026, 11, 23)  # noqa: DTZ001 - local time
    at = monday + timedelta(days=weekday, hours=hour)
    assert (premium_at(tariff, at) is not None) == applies

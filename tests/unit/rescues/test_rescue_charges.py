"""The charge of each final state, in figures computed by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.rescues.builders import ADMIN, DRIVER, NOW, RIDER, RULES, SUPPORT, rescue_in, terms
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.events import RescueEnded
from supportcarr.contracts.money import Charge
from supportcarr.contracts.rescues import Status
from supportcarr.contracts.value_objects import FeeRules
from supportcarr.rescues.commands import (
    Assign,
    BeginMatching,
    Cancel,
    Command,
    Complete,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    Release,
)
from supportcarr.rescues.decide import decide
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.model import Rescue

LATE = NOW + timedelta(hours=1)


def owed(rescue: Rescue, command: Command, actor: Actor, seconds: float = 3600) -> Charge:
    event = decide(rescue, command, actor, NOW + timedelta(seconds=seconds), RULES)[0]
    assert isinstance(event, RescueEnded)
    return event.owed


def cad(rider: int, driver: int, promo: int = 0) -> Charge:
    return Charge(rider_minor=rider, driver_minor=driver, currency="CAD", promo_minor=promo)


@pytest.mark.parametrize(
    ("total", "before_promo", "driver"),
    [
        (3140, 3140, 2355),
        (2140, 3140, 2355),  # a promotion of 10.00 is the platform's to pay
        (0, 3140, 2355),
        (2002, 2002, 1502),  # a quarter is 500.5, to the even 500
        (2006, 2006, 1504),  # a quarter is 501.5, to the even 502
    ],
)
def test_a_delivery_costs_the_quote_and_pays_the_driver_three_quarters_before_promotion(
    total: int, before_promo: int, driver: int
) -> None:
    rescue = rescue_in("in_transit", quote=terms(total_minor=total, before_promo_minor=before_promo))
    assert owed(rescue, Complete(outcome="delivered"), DRIVER) == cad(total, driver, before_promo - total)


@pytest.mark.parametrize(("price", "driver"), [(1500, 1125), (0, 0), (3140, 2355), (1502, 1126)])
def test_a_repair_on_the_spot_costs_the_lower_price(price: int, driver: int) -> None:
    fixed = Complete(outcome="fixed_on_spot", price_minor=price, pin="4711")
    assert owed(rescue_in("arrived"), fixed, DRIVER) == cad(price, driver)


@pytest.mark.parametrize("status", ["scheduled", "requested", "matching"])
def test_cancelling_without_a_driver_is_free(status: Status) -> None:
    assert owed(rescue_in(status), Cancel(reason="x"), RIDER) == cad(0, 0)


@pytest.mark.parametrize("status", ["assigned", "en_route", "arrived"])
def test_cancelling_is_free_for_two_minutes_after_the_acceptance(status: Status) -> None:
    rescue = rescue_in(status, accepted_at=NOW)
    assert owed(rescue, Cancel(reason="x"), RIDER, 120) == cad(0, 0)
    assert owed(rescue, Cancel(reason="x"), RIDER, 120.001) == cad(700, 560)


@pytest.mark.parametrize("operator", [SUPPORT, ADMIN])
def test_an_operator_cancels_free_of_charge(operator: Actor) -> None:
    assert owed(rescue_in("arrived"), Cancel(reason="x"), operator) == cad(0, 0)


def test_a_fee_is_never_more_than_the_quote() -> None:
    cheap = terms(total_minor=501, before_promo_minor=2000)
    assert owed(rescue_in("assigned", quote=cheap), Cancel(reason="x"), RIDER) == cad(501, 401)
    assert owed(rescue_in("arrived", quote=cheap), MarkNoShow(), DRIVER) == cad(501, 401)


def test_a_no_show_costs_ten() -> None:
    assert owed(rescue_in("arrived"), MarkNoShow(), DRIVER) == cad(1000, 800)


def test_fees_come_from_the_tariff_of_the_quote() -> None:
    fees = FeeRules(cancellation_minor=300, no_show_minor=400, fee_driver_percent=50, platform_percent=10)
    quote = terms(fees=fees)
    assert owed(rescue_in("assigned", quote=quote), Cancel(reason="x"), RIDER) == cad(300, 150)
    assert owed(rescue_in("arrived", quote=quote), MarkNoShow(), DRIVER) == cad(400, 200)
    assert owed(rescue_in("in_transit", quote=quote), Complete(outcome="delivered"), DRIVER) == cad(
        3140, 2826
    )


def test_a_new_matching_restarts_the_free_minutes_but_an_exchange_does_not() -> None:
    def go(rescue: Rescue, command: Command, actor: Actor, minutes: int) -> Rescue:
        at = NOW + timedelta(minutes=minutes)
        return evolve_all(rescue, decide(rescue, command, actor, at, RULES), at, actor)

    rescue = go(rescue_in("requested"), BeginMatching(), SYSTEM, 0)
    rescue = go(rescue, Assign(driver_id="usr_driver", offer_id="off_1"), SYSTEM, 1)
    rescue = go(rescue, Exchange(driver_id="usr_b", offer_id="off_2"), SYSTEM, 5)
    assert owed(rescue, Cancel(reason="x"), RIDER, 6 * 60) == cad(700, 560)
    rescue = go(rescue, Release(reason="breakdown"), Actor("driver", "usr_b"), 7)
    assert owed(rescue, Cancel(reason="x"), RIDER, 8 * 60) == cad(0, 0)
    rescue = go(rescue, Assign(driver_id="usr_c", offer_id="off_3"), SYSTEM, 9)
    assert owed(rescue, Cancel(reason="x"), RIDER, 10 * 60) == cad(0, 0)


@pytest.mark.parametrize(
    ("status", "command"),
    [("requested", Reject(reason="card_declined")), ("matching", LeaveUnserved())],
)
def test_unserved_and_rejected_rescues_cost_nothing(status: Status, command: Command) -> None:
    assert owed(rescue_in(status), command, SYSTEM) == cad(0, 0)

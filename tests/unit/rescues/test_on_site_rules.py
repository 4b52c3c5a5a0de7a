"""Where a driver must be to report a step, and who agrees that a bike is fixed on the spot."""

from __future__ import annotations

from typing import cast

import pytest

from support.rescues.builders import DRIVER, NOW, RIDER, RULES, rescue_in
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.events import (
    DomainEvent,
    FixConfirmed,
    FixProposed,
    PinLocked,
    RescueCompleted,
    RescueMoved,
)
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.rescues import Status
from supportcarr.contracts.value_objects import DriverSighting
from supportcarr.rescues.commands import Arrive, Command, Complete, ConfirmFix, MarkNoShow, Release
from supportcarr.rescues.decide import already_done, decide
from supportcarr.rescues.errors import PinIsLocked, TooFarFromPickup
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.private_events import PinMistyped

QUOTE = rescue_in("arrived").quote
METRE = 1 / 111_195


def seen(place: str, metres: float, *, jumped: bool = False) -> DriverSighting:
    point = (QUOTE.pickup if place == "pickup" else QUOTE.dropoff).point
    return DriverSighting(GeoPoint(point.lat + metres * METRE, point.lng), jumped)


def events(rescue: Rescue, command: Command, actor: Actor = DRIVER) -> tuple[DomainEvent, ...]:
    return decide(rescue, command, actor, NOW, RULES)


def after(rescue: Rescue, command: Command, actor: Actor = DRIVER) -> Rescue:
    return evolve_all(rescue, events(rescue, command, actor), NOW, actor)


STEPS: dict[str, tuple[Status, type[Arrive | MarkNoShow]]] = {
    "arrival": ("en_route", Arrive),
    "no_show": ("arrived", MarkNoShow),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("jumped", [False, True])
def test_arrival_and_no_show_are_refused_far_from_the_pickup(step: str, jumped: bool) -> None:
    status, command = STEPS[step]
    with pytest.raises(TooFarFromPickup, match=r"8000 m away .* within 300 m"):
        events(rescue_in(status), command(seen=seen("pickup", 8_000, jumped=jumped)))
    assert events(rescue_in(status), command(seen=seen("pickup", 299)))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("sighting", "doubt"),
    [
        (seen("pickup", 100), None),
        (seen("pickup", 100, jumped=True), "position_jumped"),
        (None, "position_unknown"),
    ],
)
def test_what_is_not_known_of_a_step_is_recorded(
    step: str, sighting: DriverSighting | None, doubt: str | None
) -> None:
    status, command = STEPS[step]
    (event,) = events(rescue_in(status), command(seen=sighting))
    assert getattr(event, "unverified") == doubt  # noqa: B009  # two types of events
    assert after(rescue_in(status), command(seen=sighting)).timeline[-1].unverified == doubt


@pytest.mark.parametrize(
    ("sighting", "doubt"),
    [
        (seen("dropoff", 900), None),
        (seen("dropoff", 1_100), "far_from_dropoff"),
        (seen("dropoff", 0, jumped=True), "position_jumped"),
        (None, "position_unknown"),
    ],
)
def test_a_delivery_elsewhere_is_recorded(sighting: DriverSighting | None, doubt: str | None) -> None:
    delivered = after(rescue_in("in_transit"), Complete(outcome="delivered", seen=sighting))
    assert (delivered.status, delivered.timeline[-1].unverified) == ("completed", doubt)


FIXED = Complete(outcome="fixed_on_spot", price_minor=1500)


def test_a_fix_without_the_rider_s_consent_is_proposed_once_for_each_price() -> None:
    rescue = rescue_in("arrived")
    (proposed,) = events(rescue, FIXED)
    assert isinstance(proposed, FixProposed) and proposed.price_minor == 1500
    asked = after(rescue, FIXED)
    assert (asked.status, asked.fix_price_minor) == ("arrived", 1500)
    assert events(asked, FIXED) == ()
    cheaper = Complete(outcome="fixed_on_spot", price_minor=1200)
    assert [type(e) for e in events(asked, cheaper)] == [FixProposed]


@pytest.mark.parametrize(
    ("confirmed", "asked", "completes"), [(1500, 1500, True), (2000, 1500, True), (1499, 1500, False)]
)
def test_a_fix_is_completed_up_to_the_price_that_the_rider_confirmed(
    confirmed: int, asked: int, completes: bool
) -> None:
    rescue = after(rescue_in("arrived"), ConfirmFix(price_minor=confirmed), RIDER)
    (event,) = events(rescue, Complete(outcome="fixed_on_spot", price_minor=asked))
    if completes:
        assert cast(RescueCompleted, event).owed.rider_minor == asked
    else:
        assert isinstance(event, FixProposed)


def test_a_confirmation_is_stored_once_and_at_most_the_quote() -> None:
    rescue = rescue_in("arrived")
    (event,) = events(rescue, ConfirmFix(price_minor=1500), RIDER)
    assert isinstance(event, FixConfirmed)
    assert (
        events(after(rescue, ConfirmFix(price_minor=1500), RIDER), ConfirmFix(price_minor=1500), RIDER) == ()
    )
    with pytest.raises(ValidationFailed):
        events(rescue, ConfirmFix(price_minor=QUOTE.total_minor + 1), RIDER)


def test_a_confirmation_may_be_repeated_after_the_completion_that_it_allowed() -> None:
    confirmed = after(rescue_in("arrived"), ConfirmFix(price_minor=1500), RIDER)
    completed = after(confirmed, FIXED)
    assert already_done(completed, ConfirmFix(price_minor=1500), RIDER)
    assert not already_done(completed, ConfirmFix(price_minor=1400), RIDER)
    assert not already_done(completed, ConfirmFix(price_minor=1500), Actor("rider", "usr_other"))
    assert not already_done(confirmed, ConfirmFix(price_minor=1500), RIDER), "decided as usual"


def test_the_pin_is_the_rider_s_consent_and_wrong_ones_are_counted() -> None:
    rescue = rescue_in("arrived")

    def fixed(pin: str) -> Complete:
        return Complete(outcome="fixed_on_spot", price_minor=1500, pin=pin)

    assert after(rescue, fixed(rescue.pin)).status == "completed"
    for tries in range(1, RULES.pin_tries + 1):
        decided = events(rescue, fixed("0000"))
        assert [type(e) for e in decided] == [PinMistyped, PinLocked][: 1 + (tries == RULES.pin_tries)]
        rescue = evolve_all(rescue, decided, NOW, DRIVER)
    assert (rescue.status, rescue.pin_locked) == ("arrived", True)
    with pytest.raises(PinIsLocked):
        events(rescue, fixed(rescue.pin))


def test_a_consent_ends_with_the_driver_it_was_given_to() -> None:
    rescue = after(after(rescue_in("arrived"), FIXED), ConfirmFix(price_minor=1500), RIDER)
    released = after(rescue, Release(reason="breakdown"))
    assert (released.fix_price_minor, released.fix_confirmed_minor) == (None, None)
    assert isinstance(events(rescue, FIXED)[0], RescueMoved)

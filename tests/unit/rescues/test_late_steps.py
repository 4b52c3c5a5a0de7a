"""Steps that are reported later than they happened: which times are accepted, and what counts then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.rescues.builders import DRIVER, NOW, RULES, rescue_in
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.geo import GeoPoint
from supportcarr.rescues.commands import Arrive, MarkNoShow
from supportcarr.rescues.decide import decide
from supportcarr.rescues.errors import PhotosClosed, TooEarly, TooFarFromPickup
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.late_steps import status_at, time_of_photo, time_of_step
from supportcarr.rescues.photo_model import check_allowed

DAY_S = 86_400.0
RESCUE = rescue_in("en_route")
LAST = RESCUE.timeline[-1].at


def code_of(failed: pytest.ExceptionInfo[ValidationFailed]) -> tuple[str, str]:
    (error,) = failed.value.errors
    return error.field, error.code


@pytest.mark.parametrize(
    ("after_last_s", "received_after_s", "counts_s"),
    [
        (0, 0, 0),
        (60, 3_600, 60),
        (60, 60 + DAY_S, 60),
        (60.0004, 3_600, 60),  # stored times have milliseconds
        (70, 60, 60),  # the phone's clock is ahead: as of when we heard of it
        (90, 60, 60),
    ],
)
def test_a_step_counts_as_of_when_it_happened(
    after_last_s: float, received_after_s: float, counts_s: float
) -> None:
    at = LAST + timedelta(seconds=after_last_s)
    now = LAST + timedelta(seconds=received_after_s)
    assert time_of_step(RESCUE, at, now, DAY_S) == LAST + timedelta(seconds=counts_s)


@pytest.mark.parametrize(
    ("after_last_s", "received_after_s", "code"),
    [
        (-1, 60, "before_previous_step"),
        (91, 60, "in_the_future"),
        (60, 61 + DAY_S, "too_old"),
    ],
)
def test_a_time_that_cannot_be_is_refused(after_last_s: float, received_after_s: float, code: str) -> None:
    at = LAST + timedelta(seconds=after_last_s)
    with pytest.raises(ValidationFailed) as failed:
        time_of_step(RESCUE, at, LAST + timedelta(seconds=received_after_s), DAY_S)
    assert code_of(failed) == ("happened_at", code)


def test_the_timeline_has_both_times() -> None:
    at, received = NOW + timedelta(minutes=5), NOW + timedelta(hours=3)
    events = decide(RESCUE, Arrive(happened_at=at), DRIVER, at, RULES)
    arrived = evolve_all(RESCUE, events, at, DRIVER, received)
    assert (arrived.timeline[-1].at, arrived.timeline[-1].received_at) == (at, received)
    assert arrived.arrived_at == at
    at_once = evolve_all(RESCUE, decide(RESCUE, Arrive(), DRIVER, at, RULES), at, DRIVER)
    assert at_once.timeline[-1].received_at is None


def test_the_wait_for_the_rider_is_that_of_the_place_and_time_of_the_step() -> None:
    rescue = rescue_in("arrived")
    assert rescue.arrived_at is not None
    pickup = rescue.quote.pickup.point
    over = rescue.arrived_at + timedelta(seconds=RULES.no_show_seconds)
    with pytest.raises(TooEarly):
        decide(rescue, MarkNoShow(), DRIVER, over - timedelta(seconds=1), RULES)
    assert decide(rescue, MarkNoShow(happened_at=over, waited=(pickup, pickup)), DRIVER, over, RULES)
    left = (pickup, GeoPoint(pickup.lat + 0.01, pickup.lng), pickup)
    with pytest.raises(TooFarFromPickup, match="during the wait"):
        decide(rescue, MarkNoShow(happened_at=over, waited=left), DRIVER, over, RULES)
    assert decide(rescue, MarkNoShow(waited=left), DRIVER, over, RULES), "the rider knew of the arrival"
    told_later = replace(rescue.timeline[-1], received_at=over)
    unknown = replace(rescue, timeline=(*rescue.timeline[:-1], told_later))
    with pytest.raises(TooFarFromPickup, match="during the wait"):
        decide(unknown, MarkNoShow(waited=left), DRIVER, over, RULES)


def test_a_photo_is_judged_by_the_status_of_its_time() -> None:
    rescue = rescue_in("completed")
    times = {entry.to: entry.at for entry in rescue.timeline}
    for entry in rescue.timeline:
        assert status_at(rescue, entry.at) == rescue.timeline[-1].to or status_at(rescue, entry.at) in times
    end = rescue.timeline[-1].at
    with pytest.raises(PhotosClosed):
        check_allowed(rescue, DRIVER, "before", end)
    with pytest.raises(ValidationFailed) as failed:
        time_of_photo(rescue, rescue.created_at - timedelta(seconds=1), NOW, DAY_S)
    assert code_of(failed) == ("happened_at", "before_previous_step")

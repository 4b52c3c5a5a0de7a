"""The hours that a driver may drive, from one rest to the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from supportcarr.contracts.events import DriverHoursEnding
from supportcarr.contracts.shifts import ShiftPeriod
from supportcarr.drivers import hours
from supportcarr.drivers.errors import RestRequired, TooManyBreaks
from supportcarr.drivers.hours import ACCEPTANCE_TIME, ON_JOB_PAUSE, PERIODS_MAX, HoursRules
from supportcarr.drivers.model import DriverProfile, go_offline
from supportcarr.drivers.shifts import day_bounds, worked

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RULES = HoursRules()
OFFLINE = DriverProfile(
    id="usr_d", created_at=START, approval="approved", vehicle_ids=("veh_a",), vehicle_id="veh_a"
)
TORONTO = ZoneInfo("America/Toronto")


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def does(profile: DriverProfile, what: str, hour: float) -> DriverProfile:
    """The profile after the driver does that at that hour.  Raises ``RestRequired``."""
    if what == "offline":
        after = go_offline(profile)
    else:
        hours.check_rested(profile, at(hour), RULES)
        after = replace(profile, online=True, on_break=what == "break", offline_reason=None)
    return hours.follow(profile, after, at(hour), RULES, f"shf_{hour}")


def driver(*did: tuple[str, float]) -> DriverProfile:
    profile = OFFLINE
    for what, hour in did:
        profile = does(profile, what, hour)
    return profile


@pytest.mark.parametrize(
    ("did", "hour", "driven", "limit"),
    [
        ([("online", 0)], 3, 3, 12),
        ([("online", 0), ("break", 2)], 3, 2, None),
        ([("online", 0), ("break", 2), ("online", 3)], 4, 3, 13),
        ([("online", 0), ("offline", 5), ("online", 6)], 7, 6, 13),  # a short pause counts nothing anew
        ([("online", 0), ("offline", 5), ("online", 12.9)], 13, 5.1, 19.9),
        ([("online", 0), ("offline", 5), ("online", 13)], 14, 1, 25),  # a rest of eight hours does
        ([("online", 0), ("break", 5), ("online", 13)], 14, 1, 25),  # also as a break
        ([("online", 0), ("offline", 6), ("online", 10), ("break", 12), ("online", 13)], 14, 9, 17),
        ([("break", 0), ("online", 1)], 2, 1, 13),
    ],
)
def test_hours_add_up_from_one_rest_to_the_next(
    did: list[tuple[str, float]], hour: float, driven: float, limit: float | None
) -> None:
    profile = driver(*did)
    assert hours.driven(profile.hours, at(hour)).total_seconds() == pytest.approx(driven * 3600)
    assert profile.hours.limit_at == (at(limit) if limit else None)


def test_whoever_has_driven_to_the_limit_rests_before_going_online() -> None:
    profile = driver(("online", 0), ("offline", 12))
    for what, hour in (("online", 12.1), ("break", 15), ("online", 19.99)):
        with pytest.raises(RestRequired, match="2026-06-02T08:00:00Z"):
            does(profile, what, hour)
    assert does(profile, "online", 20).hours.limit_at == at(32)


def test_a_driver_is_told_half_an_hour_before_the_limit_and_goes_offline_at_it() -> None:
    profile = driver(("online", 0))
    assert hours.next_look(profile, RULES) == at(11.5)
    early = hours.review_hours(profile, at(11.4), RULES, on_job=False)
    assert early == (profile, None, at(11.5))
    warned, event, due_at = hours.review_hours(profile, at(11.5), RULES, on_job=True)
    assert event == DriverHoursEnding(driver_id="usr_d", limit_at=at(12), minutes=30)
    assert due_at == at(12) + ACCEPTANCE_TIME
    assert hours.review_hours(warned, at(11.6), RULES, on_job=True).event is None, "told once"

    waits = hours.review_hours(warned, at(13), RULES, on_job=True)
    assert waits == (warned, None, at(13) + ON_JOB_PAUSE), "never in the middle of a job"
    ended = hours.review_hours(warned, at(13), RULES, on_job=False).profile
    assert (ended.online, ended.offline_reason) == (False, "hours_limit")


def test_a_job_that_goes_on_after_the_driver_stopped_counts_as_driven() -> None:
    for stopped in ("offline", "break"):
        profile = driver(("online", 0), (stopped, 3))
        assert hours.next_look(profile, RULES) == at(3)
        profile, _, due_at = hours.review_hours(profile, at(3.5), RULES, on_job=True)
        assert hours.next_look(profile, RULES) == due_at == at(3.5) + ON_JOB_PAUSE
        assert hours.driven(profile.hours, at(4)) == timedelta(hours=3.5)
        assert profile.shift is not None
        assert profile.shift.periods[0] == ShiftPeriod("online", at(0), at(3.5))
        settled = hours.review_hours(profile, at(3.6), RULES, on_job=False)
        assert settled.profile == profile
        assert settled.due_at == (at(11.5) if stopped == "break" else None)


def test_a_forgotten_break_ends_the_shift() -> None:
    profile = driver(("online", 0), ("break", 3))
    ended = hours.review_hours(profile, at(11), RULES, on_job=False).profile
    assert (ended.online, ended.offline_reason) == (False, "long_break")


def test_a_shift_has_a_bounded_number_of_breaks() -> None:
    profile = driver(("online", 0))
    hour = 0.0
    with pytest.raises(TooManyBreaks):
        for _ in range(PERIODS_MAX):
            hour += 0.01
            profile = does(profile, "break", hour)
            hour += 0.01
            profile = does(profile, "online", hour)
    assert not does(profile, "offline", hour + 1).online


def test_repeating_what_one_does_changes_nothing() -> None:
    profile = driver(("online", 0), ("break", 1))
    assert does(profile, "break", 2) == profile
    assert hours.shift_events(profile, profile, RULES) == ()


def test_a_day_of_the_city_takes_its_part_of_a_shift_over_midnight() -> None:
    shift = driver(("online", 12), ("break", 15), ("online", 15.5), ("offline", 18)).shift  # midnight: 16
    assert shift is not None
    first = worked(shift.periods, at(20), day_bounds(date(2026, 6, 1), TORONTO))
    second = worked(shift.periods, at(20), day_bounds(date(2026, 6, 2), TORONTO))
    assert (first.online, first.on_break) == (timedelta(hours=4), timedelta(hours=0.5))
    assert (second.online, second.driving) == (timedelta(hours=2), timedelta(hours=2))
    whole = worked(shift.periods, at(20))
    assert whole.online == first.online + second.online


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 3, 8), 23), (date(2026, 6, 1), 24), (date(2026, 11, 1), 25)]
)
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(day: date, length: int) -> None:
    begins, ends = day_bounds(day, TORONTO)
    assert ends - begins == timedelta(hours=length)
    all_day = (ShiftPeriod("online", begins - timedelta(hours=9)),)
    assert worked(all_day, ends + timedelta(hours=9), (begins, ends)).driving == timedelta(hours=length)

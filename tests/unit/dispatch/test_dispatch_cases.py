"""Pure rules of the search: candidates, radius and interval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from supportcarr.contracts.carrying import VehicleSpec
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.cases import (
    DECLINED_LIMIT,
    candidates,
    case_after_empty_search,
    case_without_offer,
    new_offer,
    remember,
    reopen_case,
    reserve,
    search_pause,
    search_radius,
)
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Reservation
from supportcarr.dispatch.roster import JobClaim, OfferClaim, RosterEntry

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
HERE = GeoPoint(45.5, -73.6)
RULES = DispatchRules()


def case(**changes: Any) -> DispatchCase:
    base = DispatchCase(
        id="res_qc_1",
        entry=1,
        rescue_version=3,
        area_id="montreal",
        rider_id="usr_rider",
        kind="rescue",
        pickup=HERE,
        dropoff=HERE,
        pay_minor=2000,
        currency="CAD",
        ends_at=NOW + timedelta(minutes=8),
        due_at=NOW,
    )
    return replace(base, **changes)


def nearby_drivers(*driver_ids: str) -> list[NearbyDriver]:
    return [NearbyDriver(d, HERE, 100.0 * n, NOW) for n, d in enumerate(driver_ids)]


def free(driver_id: str, **changes: Any) -> RosterEntry:
    return replace(RosterEntry(id=driver_id, approved=True, online=True), **changes)


def candidate_ids(of: DispatchCase, *entries: RosterEntry, now: datetime = NOW) -> list[str]:
    roster = {e.id: e for e in entries}
    return [d.driver_id for d in candidates(of, nearby_drivers(*roster), roster, now, RULES)]


JOB = JobClaim(rescue_id="r", entry=1, offer_id="o", area_id="a", confirmed=True, until=NOW)


@pytest.mark.parametrize(
    "why_not",
    [
        {"approved": False},
        {"online": False},
        {"job": JOB},
        {"offer": OfferClaim("off_1", NOW)},
        {"missed": 3},
        {"documents_until": NOW},
        {"hours_until": NOW},
        {"vehicle": VehicleSpec(type="pickup", bed_length_cm=180, seats=0)},
    ],
)
def test_only_free_drivers_are_candidates(why_not: dict[str, Any]) -> None:
    assert candidate_ids(case(), free("usr_a", **why_not), free("usr_b")) == ["usr_b"]


def test_candidates_are_ordered_by_distance() -> None:
    assert candidate_ids(case(), free("usr_z"), free("usr_a")) == ["usr_z", "usr_a"]


def test_a_driver_without_a_roster_entry_gets_no_offer() -> None:
    assert candidates(case(), nearby_drivers("usr_a"), {}, NOW, RULES) == []


def test_a_rider_gets_no_offer_of_their_own_rescue() -> None:
    assert candidate_ids(case(), free("usr_rider")) == []


def test_a_driver_who_declined_gets_no_second_offer() -> None:
    assert candidate_ids(case(declined=("usr_a",)), free("usr_a"), now=NOW + timedelta(minutes=7)) == []


def test_a_driver_who_missed_an_offer_gets_another_after_a_pause_and_after_all_others() -> None:
    missed = case(missed={"usr_a": NOW})
    later = NOW + timedelta(seconds=30)
    assert candidate_ids(missed, free("usr_a"), now=later - timedelta(seconds=1)) == []
    assert candidate_ids(missed, free("usr_a"), now=later) == ["usr_a"]
    assert candidate_ids(missed, free("usr_a"), free("usr_b"), now=later) == ["usr_b"]


def test_radius_grows_with_each_search_up_to_the_maximum() -> None:
    radii = [search_radius(case(empty_searches=n), RULES) for n in (0, 1, 2, 3, 4, 100)]
    assert radii == [5000, 7500, 11250, 16875, 25000, 25000]


def test_search_interval_grows_until_the_deadline() -> None:
    pauses = [search_pause(case(empty_searches=n), RULES).total_seconds() for n in range(30)]
    assert pauses[0] == 2
    assert pauses[-1] == 10
    assert all(a <= b for a, b in pairwise(pauses))


def test_a_fast_city_searches_no_more_often_than_four_times_a_wall_second() -> None:
    fast = DispatchRules.at_speed(30)
    assert search_pause(case(), fast).total_seconds() == 7.5
    assert DispatchRules.at_speed(1).search_seconds == 2
    assert fast.grace_seconds == 60, "two wall seconds"


def test_a_search_that_would_come_after_the_end_is_not_due() -> None:
    last = case(ends_at=NOW + timedelta(seconds=1))
    assert case_after_empty_search(last, NOW, RULES).due_at is None
    assert case_after_empty_search(case(), NOW, RULES).due_at == NOW + timedelta(seconds=2)


def test_case_with_an_open_offer_is_due_after_the_offers_end() -> None:
    out = reserve(case(), Reservation("off_1", "usr_a", NOW + timedelta(seconds=15)), RULES)
    assert out.due_at == NOW + timedelta(seconds=20)


@pytest.mark.parametrize(
    ("stored", "fresh", "declined", "entry"),
    [
        pytest.param((), (), (), 2, id="nobody"),
        pytest.param(("usr_a",), (), ("usr_a",), 2, id="declined in an earlier entry"),
        pytest.param((), ("usr_b",), ("usr_b",), 2, id="gave up just now"),
        pytest.param(("usr_a",), ("usr_b",), ("usr_a", "usr_b"), 2, id="both"),
        pytest.param(("usr_a", "usr_b"), ("usr_a",), ("usr_a", "usr_b"), 2, id="each once"),
    ],
)
def test_a_case_that_is_opened_again_remembers_who_declined_or_gave_up(
    stored: tuple[str, ...], fresh: tuple[str, ...], declined: tuple[str, ...], entry: int
) -> None:
    closed = case(version=7, state="closed", declined=stored, missed={"usr_c": NOW}, due_at=None)
    opened = reopen_case(closed, case(entry=2, rescue_version=5, declined=fresh))
    assert opened is not None
    assert (opened.declined, opened.entry, opened.version) == (declined, entry, 7)
    assert (opened.state, opened.missed) == ("open", {}), "who let an offer expire may be asked again"


def test_a_late_event_adds_only_who_gave_up() -> None:
    newer = case(entry=3, rescue_version=9, declined=("usr_a",))
    late = case(entry=2, rescue_version=5, declined=("usr_b",))
    assert reopen_case(newer, late) == replace(newer, declined=("usr_a", "usr_b"))
    assert reopen_case(newer, replace(late, declined=("usr_a",))) is None


def test_the_drivers_that_a_case_remembers_are_limited() -> None:
    everyone = tuple(f"usr_{n}" for n in range(DECLINED_LIMIT))
    assert remember(everyone, "usr_last") == (*everyone[1:], "usr_last")


def test_response_to_another_offer_changes_only_who_is_not_asked_again() -> None:
    out = case(offer=Reservation("off_2", "usr_a", NOW))
    late = new_offer(out, Reservation("off_1", "usr_a", NOW), Leg(10, 20), NOW)
    assert case_without_offer(out, replace(late, state="expired"), NOW, RULES) is None
    remembered = case_without_offer(out, replace(late, state="declined"), NOW, RULES)
    assert remembered == replace(out, declined=("usr_a",))
    assert case_without_offer(remembered, replace(late, state="declined"), NOW, RULES) is None
    mine = new_offer(out, Reservation("off_2", "usr_a", NOW), Leg(10, 20), NOW)
    declined = case_without_offer(out, replace(mine, state="declined"), NOW, RULES)
    assert declined is not None
    assert (declined.offer, declined.declined, declined.missed) == (None, ("usr_a",), {})
    expired = case_without_offer(out, replace(mine, state="expired"), NOW, RULES)
    assert expired is not None
    assert (expired.declined, expired.missed) == ((), {"usr_a": NOW})

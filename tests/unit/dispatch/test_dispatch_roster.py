"""Claims on a driver: random histories never give a driver two jobs or two offers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.dispatch import roster
from supportcarr.dispatch.roster import JobClaim, OfferClaim, RosterEntry

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
FREE = RosterEntry(id="usr_d", approved=True, online=True)


def offer(n: int) -> OfferClaim:
    return OfferClaim(f"off_{n}", NOW + timedelta(seconds=n))


def job(n: int) -> JobClaim:
    return JobClaim(
        rescue_id=f"res_{n}",
        entry=1,
        offer_id=f"off_{n}",
        area_id="montreal",
        confirmed=False,
        until=NOW + timedelta(seconds=n),
    )


Step = Callable[[RosterEntry, int], RosterEntry | None]
STEPS: dict[str, Step] = {
    "offer": lambda e, n: roster.claim_offer(e, offer(n)),
    "drop offer": lambda e, n: roster.release_offer(e, f"off_{n}", missed=True),
    "job": lambda e, n: roster.claim_job(e, job(n)),
    "confirm": lambda e, n: roster.confirm_job(e, f"off_{n}", NOW),
    "drop job": lambda e, n: roster.release_job(e),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 3)), max_size=30))
def test_a_claim_is_never_replaced_by_another_and_the_deadline_is_the_earliest(
    steps: list[tuple[str, int]],
) -> None:
    entry = FREE
    for verb, n in steps:
        after = STEPS[verb](entry, n) or entry
        if entry.job is not None and after.job is not None:
            assert after.job.offer_id == entry.job.offer_id
        if entry.offer is not None and after.offer is not None:
            assert after.offer == entry.offer
        if after.offer is not None and entry.offer is None:
            assert entry.job is None, "a driver on a job gets no offer"
        untils = [c.until for c in (after.offer, after.job) if c]
        assert after.claim_until == min(untils, default=None)
        assert after.busy_area == (after.job.area_id if after.job else None)
        entry = after


def test_job_claim_replaces_the_offer_claim() -> None:
    offered = roster.claim_offer(FREE, offer(1))
    assert offered is not None
    on_it = roster.claim_job(offered, job(1))
    assert on_it is not None
    assert (on_it.offer, on_it.job) == (None, job(1))


def test_missed_offers_are_counted_and_reset_by_a_response() -> None:
    offered = roster.claim_offer(replace(FREE, missed=1), offer(1))
    assert offered is not None
    missed = [roster.release_offer(offered, "off_1", missed=m) for m in (True, None, False)]
    assert [m.missed for m in missed if m] == [2, 1, 0]


def test_standing_is_applied_once_and_only_forward() -> None:
    gone = DriverStandingChanged(driver_id="usr_d", approved=True, online=False)
    after = roster.apply_standing(replace(FREE, standing_version=4, missed=2), gone, 5)
    assert after is not None
    assert (after.online, after.missed, after.standing_version) == (False, 0, 5)
    assert roster.apply_standing(after, gone, 5) is None
    assert roster.apply_standing(after, gone, 4) is None

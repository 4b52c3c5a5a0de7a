"""The claim of a rescue on its rider, as pure steps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from supportcarr.riders.errors import RiderHasLiveRescue
from supportcarr.riders.model import LiveRescue, RiderProfile, claim, confirm, holds_claim, release

UNTIL = datetime(2026, 6, 1, 16, 1, tzinfo=UTC)
FREE = RiderProfile(id="usr_rider", version=1)
CLAIMED = RiderProfile(id="usr_rider", version=2, live_rescue=LiveRescue("res_1"), claim_until=UNTIL)
KEPT = RiderProfile(id="usr_rider", version=3, live_rescue=LiveRescue("res_1", confirmed=True))


def test_a_free_rider_is_claimed_until_the_deadline() -> None:
    profile = claim(FREE, "res_1", UNTIL)
    assert profile is not None
    assert (profile.live_rescue, profile.claim_until) == (LiveRescue("res_1"), UNTIL)


@pytest.mark.parametrize("profile", [CLAIMED, KEPT])
def test_repeated_claim_of_the_same_rescue_succeeds(profile: RiderProfile) -> None:
    assert claim(profile, "res_1", UNTIL) is None
    assert holds_claim(profile, "res_1")


@pytest.mark.parametrize("profile", [CLAIMED, KEPT])
def test_another_rescue_is_refused(profile: RiderProfile) -> None:
    with pytest.raises(RiderHasLiveRescue):
        claim(profile, "res_2", UNTIL)


def test_confirmed_claim_has_no_deadline() -> None:
    assert confirm(CLAIMED, "res_1") == RiderProfile(
        id="usr_rider", version=2, live_rescue=LiveRescue("res_1", confirmed=True)
    )


@pytest.mark.parametrize(
    ("profile", "rescue_id"), [(FREE, "res_1"), (KEPT, "res_1"), (CLAIMED, "res_2"), (KEPT, "res_2")]
)
def test_confirmation_without_a_claim_fails(profile: RiderProfile, rescue_id: str) -> None:
    assert confirm(profile, rescue_id) is None


@pytest.mark.parametrize("profile", [CLAIMED, KEPT])
def test_release_frees_the_rider_of_that_rescue_only(profile: RiderProfile) -> None:
    free = release(profile, "res_1")
    assert free is not None
    assert (free.live_rescue, free.claim_until) == (None, None)
    assert release(profile, "res_2") is None
    assert release(FREE, "res_1") is None

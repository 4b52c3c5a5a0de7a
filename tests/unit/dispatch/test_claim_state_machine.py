"""The table of claims on a driver: every command in every state of the claims."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from supportcarr.dispatch import roster
from supportcarr.dispatch.roster import JobClaim, OfferClaim, RosterEntry
from supportcarr.dispatch.state_machine import CLAIM_TABLE, ClaimCommand, ClaimState, claim_transitions

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=20)
THIS, OTHER = "off_this", "off_other"


def job(offer_id: str, *, confirmed: bool = False) -> JobClaim:
    return JobClaim(
        rescue_id="res_qc_1",
        entry=1,
        offer_id=offer_id,
        area_id="montreal",
        confirmed=confirmed,
        until=SOON,
    )


def entry(offer: OfferClaim | None = None, current: JobClaim | None = None) -> RosterEntry:
    return RosterEntry(id="usr_d", approved=True, online=True, offer=offer, job=current)


OFFERED = OfferClaim(THIS, SOON)
ENTRIES: dict[ClaimState, RosterEntry] = {
    "none": entry(),
    "offer": entry(OFFERED),
    "job": entry(None, job(OTHER)),
    "confirmed_job": entry(None, job(OTHER, confirmed=True)),
    "offer_and_job": entry(OFFERED, job(OTHER)),
    "offer_and_confirmed_job": entry(OFFERED, job(OTHER, confirmed=True)),
}
# the same command may name this driver's offer (or job), or another one
COMMANDS: dict[ClaimCommand, tuple[Callable[[RosterEntry], RosterEntry | None], ...]] = {
    "claim_offer": (lambda e: roster.claim_offer(e, OfferClaim("off_new", SOON)),),
    "release_offer": (lambda e: roster.release_offer(e, THIS),),
    "claim_job": (lambda e: roster.claim_job(e, job(THIS)), lambda e: roster.claim_job(e, job(OTHER))),
    "confirm_job": (lambda e: roster.confirm_job(e, OTHER, NOW),),
    "release_job": (roster.release_job,),
}


@pytest.mark.parametrize("command", get_args(ClaimCommand))
@pytest.mark.parametrize("state", get_args(ClaimState))
def test_every_command_in_every_state(state: ClaimState, command: ClaimCommand) -> None:
    before = ENTRIES[state]
    assert before.claims == state
    after = [apply(before) for apply in COMMANDS[command]]
    expected = CLAIM_TABLE[state].get(command)
    if expected is None:
        assert after == [None] * len(after)
    else:
        assert {changed.claims for changed in after if changed} == set(expected)
        assert None not in after


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (roster.claim_offer(RosterEntry(id="usr_d", approved=True), OFFERED), "the driver is offline"),
        (roster.claim_offer(RosterEntry(id="usr_d", online=True), OFFERED), "the driver is not approved"),
        (roster.release_offer(ENTRIES["offer"], OTHER), "the driver has another offer"),
        (roster.confirm_job(ENTRIES["job"], THIS, NOW), "the driver has another job"),
    ],
)
def test_a_claim_is_changed_only_for_its_own_offer_and_an_eligible_driver(
    refused: RosterEntry | None, why: str
) -> None:
    assert refused is None, why


def test_a_driver_who_went_offline_after_accepting_still_gets_the_job() -> None:
    offline = RosterEntry(id="usr_d", approved=True, online=False, offer=OFFERED)
    taken = roster.claim_job(offline, job(THIS))
    assert taken is not None
    assert taken.claims == "job"


@pytest.mark.parametrize(
    ("missed", "count", "meaning"),
    [(True, 3, "one more was missed"), (False, 0, "an answer starts anew"), (None, 2, "neither")],
)
def test_releasing_an_offer_counts_missed_ones(missed: bool | None, count: int, meaning: str) -> None:
    before = RosterEntry(id="usr_d", approved=True, online=True, offer=OFFERED, missed=2)
    after = roster.release_offer(before, THIS, missed=missed)
    assert after is not None
    assert after.missed == count, meaning


def test_a_confirmed_job_is_reviewed_later_than_an_unconfirmed_one() -> None:
    confirmed = roster.confirm_job(ENTRIES["job"], OTHER, NOW)
    assert confirmed is not None
    assert confirmed.claim_until == NOW + roster.JOB_REVIEW


def test_every_state_can_be_reached_and_left() -> None:
    transitions = list(claim_transitions())
    states = set(get_args(ClaimState))
    assert set(CLAIM_TABLE) == states
    assert {to for _, to, _ in transitions} == states
    assert {start for start, _, _ in transitions} == states

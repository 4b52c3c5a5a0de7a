"""The table of offers: every command in every phase, and the outcome, deadline and event of each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.events import OfferClosed
from supportcarr.contracts.geo import GeoPoint
from supportcarr.dispatch.decide import change_offer
from supportcarr.dispatch.errors import OfferNotOpen
from supportcarr.dispatch.model import Offer
from supportcarr.dispatch.state_machine import (
    OFFER_TABLE,
    SETTLED,
    OfferCommand,
    OfferPhase,
    OfferState,
    offer_phase,
    offer_transitions,
)

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
GRACE = timedelta(seconds=5)
HERE = GeoPoint(45.5, -73.6)
DRIVER = Actor("driver", "usr_d")

OPEN = Offer(
    id="off_1",
    rescue_id="res_qc_1",
    driver_id="usr_d",
    area_id="montreal",
    entry=1,
    kind="rescue",
    pickup=HERE,
    dropoff=HERE,
    distance_m=1000,
    eta_seconds=120,
    pay_minor=2000,
    currency="CAD",
    made_at=NOW,
    expires_at=NOW + timedelta(seconds=15),
    due_at=NOW + timedelta(seconds=15),
)
STATES: dict[str, Offer] = {
    "open": OPEN,
    "being accepted": replace(OPEN, state="accepted"),
    "accepted": replace(OPEN, state="accepted", settled=True, due_at=None),
    "being declined": replace(OPEN, state="declined"),
    "declined": replace(OPEN, state="declined", settled=True, due_at=None),
    "being expired": replace(OPEN, state="expired"),
    "expired": replace(OPEN, state="expired", settled=True, due_at=None),
    "being withdrawn": replace(OPEN, state="withdrawn"),
    "withdrawn": replace(OPEN, state="withdrawn", settled=True, due_at=None),
}
COMMANDS: tuple[OfferCommand, ...] = get_args(OfferCommand)

NOTHING, TOO_LATE = "nothing", "too late"
# (phase, command): what the offer becomes; what is not listed changes nothing
EXPECTED: dict[tuple[str, OfferCommand], str] = {
    ("open", "accept"): "being accepted",
    ("open", "decline"): "being declined",
    ("open", "expire"): "being expired",
    ("open", "withdraw"): "being withdrawn",
    ("being accepted", "confirm"): "accepted",
    ("being accepted", "revoke"): "being withdrawn",
    ("being declined", "settle"): "declined",
    ("being expired", "settle"): "expired",
    ("being withdrawn", "settle"): "withdrawn",
    # the driver's other answer comes too late
    ("being accepted", "decline"): TOO_LATE,
    ("accepted", "decline"): TOO_LATE,
    ("being declined", "accept"): TOO_LATE,
    ("declined", "accept"): TOO_LATE,
    **{
        (ended, answer): TOO_LATE
        for ended in ("being expired", "expired", "being withdrawn", "withdrawn")
        for answer in ("accept", "decline")
    },
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("state", STATES)
def test_every_command_in_every_state(state: str, command: OfferCommand) -> None:
    offer, expected = STATES[state], EXPECTED.get((state, command), NOTHING)
    if expected == TOO_LATE:
        with pytest.raises(OfferNotOpen):
            change_offer(offer, command, now=NOW, grace=GRACE)
        return
    changed = change_offer(offer, command, now=NOW, grace=GRACE)
    if expected == NOTHING:
        assert changed is None
        return
    assert changed is not None
    assert (changed[0].state, changed[0].settled) == (STATES[expected].state, STATES[expected].settled)


@pytest.mark.parametrize(
    ("state", "command"), [k for k, v in EXPECTED.items() if v not in (NOTHING, TOO_LATE)]
)
def test_an_offer_is_due_after_the_grace_period_until_its_saga_is_complete(
    state: str, command: OfferCommand
) -> None:
    changed = change_offer(STATES[state], command, now=NOW, grace=GRACE)
    assert changed is not None
    assert changed[0].due_at == (None if changed[0].settled else NOW + GRACE)


@pytest.mark.parametrize(
    ("state", "command", "outcome"),
    [
        ("open", "accept", None),
        ("open", "decline", "declined"),
        ("open", "expire", "expired"),
        ("open", "withdraw", "withdrawn"),
        ("being accepted", "confirm", "accepted"),
        ("being accepted", "revoke", "withdrawn"),
        ("being declined", "settle", None),
        ("being expired", "settle", None),
        ("being withdrawn", "settle", None),
    ],
)
def test_the_outcome_is_published_once_it_is_certain(
    state: str, command: OfferCommand, outcome: OfferState | None
) -> None:
    changed = change_offer(STATES[state], command, by=DRIVER, now=NOW, grace=GRACE)
    assert changed is not None
    pending = changed[1]
    if outcome is None:
        assert pending is None
        return
    assert pending is not None
    (closed,) = pending.events
    assert isinstance(closed, OfferClosed)
    assert (closed.offer_id, closed.outcome, pending.by, pending.at) == ("off_1", outcome, DRIVER, NOW)


@pytest.mark.parametrize("command", ["accept", "decline"])
def test_response_after_the_offers_end_is_refused_before_its_timer_fires(command: OfferCommand) -> None:
    with pytest.raises(OfferNotOpen):
        change_offer(OPEN, command, now=OPEN.expires_at, grace=GRACE)


def test_the_table_lists_every_phase_and_uses_every_command() -> None:
    assert set(OFFER_TABLE) == set(get_args(OfferPhase))
    assert {command for _, _, command in offer_transitions()} == set(COMMANDS)


def test_settled_phase_has_no_transitions() -> None:
    assert {phase for phase, steps in OFFER_TABLE.items() if not steps} == SETTLED


def test_every_step_leads_to_the_phase_of_the_state_that_it_stores() -> None:
    for phase, steps in OFFER_TABLE.items():
        for command, step in steps.items():
            if step.state is not None:
                assert offer_phase(step.state, settled=step.to in SETTLED) == step.to, (phase, command)

"""Every status by every command by every actor, compared with a table written by hand."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from support.rescues.builders import (
    ADMIN,
    DRIVER,
    NOW,
    OTHER_DRIVER,
    OTHER_RIDER,
    PARTNER,
    RESCUE_ID,
    RIDER,
    RULES,
    SUPPORT,
    rescue_in,
)
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.errors import ApiError, Forbidden, IllegalTransition, NotFound
from supportcarr.contracts.events import RescueEnded, RescueMoved
from supportcarr.contracts.rescues import FINAL, STATUSES, Status
from supportcarr.rescues.commands import (
    Abort,
    Arrive,
    Assign,
    BeginMatching,
    Cancel,
    Command,
    Complete,
    ConfirmFix,
    Depart,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    Release,
    RenewPin,
    Start,
    Wake,
)
from supportcarr.rescues.decide import already_done, decide
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.state_machine import COMMANDS, TABLE, transitions

LATE = NOW + timedelta(minutes=30)  # every wait is over

COMMAND: dict[str, Command] = {
    "wake": Wake(rider_is_free=True),
    "wake_busy": Wake(rider_is_free=False),
    "begin": BeginMatching(),
    "reject": Reject(reason="card_declined"),
    "unserved": LeaveUnserved(),
    "assign": Assign(driver_id="usr_new", offer_id="off_2"),
    "exchange": Exchange(driver_id="usr_new", offer_id="off_2"),
    "depart": Depart(),
    "arrive": Arrive(),
    "start": Start(pin="4711"),
    "delivered": Complete(outcome="delivered"),
    "fixed": Complete(outcome="fixed_on_spot", price_minor=1500, pin="4711"),
    "no_show": MarkNoShow(),
    "abort": Abort(reason="unsafe"),
    "release": Release(reason="breakdown"),
    "cancel": Cancel(reason="changed_my_mind"),
    "renew_pin": RenewPin(pin="0815"),
    "confirm_fix": ConfirmFix(price_minor=1500),
}

# R rider, D driver, O operator, S system: who may ever give the command; then where it leads from each
# status; a dot: not from here; "same": it changes something else.
EXPECTED = """
            who scheduled requested matching assigned  en_route  arrived    in_transit
wake        S   requested .         .        .         .         .          .
wake_busy   S   rejected  .         .        .         .         .          .
begin       S   .         matching  .        .         .         .          .
reject      S   .         rejected  .        .         .         .          .
unserved    S   .         .         unserved .         .         .          .
assign      SO  .         .         assigned .         .         .          .
exchange    SO  .         .         .        assigned  assigned  .          .
depart      D   .         .         .        en_route  .         .          .
arrive      D   .         .         .        .         arrived   .          .
start       D   .         .         .        .         .         in_transit .
delivered   D   .         .         .        .         .         .          completed
fixed       D   .         .         .        .         .         completed  .
no_show     D   .         .         .        .         .         no_show    .
abort       DO  .         .         .        .         .         aborted    aborted
release     DO  .         .         .        matching  matching  matching   .
cancel      RO  cancelled cancelled cancelled cancelled cancelled cancelled .
renew_pin   RO  .         .         .        same      same      same       .
confirm_fix R   .         .         .        .         .         same       .
"""

ACTORS: dict[str, Actor] = {
    "rider": RIDER,
    "other_rider": OTHER_RIDER,
    "driver": DRIVER,
    "other_driver": OTHER_DRIVER,
    "support": SUPPORT,
    "admin": ADMIN,
    "partner": PARTNER,
    "system": SYSTEM,
}
LETTER = {"rider": "R", "driver": "D", "support": "O", "admin": "O", "system": "S"}
HAS_A_DRIVER = {
    "assigned",
    "en_route",
    "arrived",
    "in_transit",
    "completed",
    "cancelled",
    "no_show",
    "aborted",
}


def read_expected() -> dict[tuple[str, str], tuple[str, str]]:
    """(command, status) → (who may ever, where it leads or a dot)."""
    head, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    grid: dict[tuple[str, str], tuple[str, str]] = {}
    for name, who, *cells in rows:
        for status in STATUSES:
            grid[name, status] = (who, "." if status in FINAL else cells[head.index(status) - 1])
    return grid


GRID = read_expected()


def expectation(status: str, command: str, actor: str) -> type[ApiError] | str:
    who, to = GRID[command, status]
    if actor in ("other_rider", "other_driver", "partner"):
        return NotFound
    if actor == "driver" and status not in HAS_A_DRIVER:
        return NotFound
    if LETTER[actor] not in who:
        return Forbidden
    return IllegalTransition if to == "." else to


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("command", COMMAND)
def test_each_actor_matches_the_expected_table(status: Status, command: str) -> None:
    for name, actor in ACTORS.items():
        rescue = rescue_in(status)
        expected = expectation(status, command, name)
        if isinstance(expected, str):
            events = decide(rescue, COMMAND[command], actor, LATE, RULES)
            after = evolve_all(rescue, events, LATE, actor)
            assert after.status == (status if expected == "same" else expected), name
            moves = [f for f in events if isinstance(f, RescueMoved)]
            assert len(moves) == (0 if expected == "same" else 1), name
            assert all(isinstance(m, RescueEnded) == (expected in FINAL) for m in moves), name
            assert [(m.status, m.previous, m.rescue_id) for m in moves] == [
                (expected, status, RESCUE_ID) for m in moves
            ]
        else:
            with pytest.raises(expected) as refused:
                decide(rescue, COMMAND[command], actor, LATE, RULES)
            assert type(refused.value) is expected, name
            assert rescue == rescue_in(status)


def test_the_table_has_every_status_and_leads_only_to_statuses() -> None:
    assert tuple(TABLE) == STATUSES
    assert {to for _, to, _ in transitions()} <= set(STATUSES)


def test_only_final_statuses_have_no_next_status() -> None:
    assert {status for status, steps in TABLE.items() if not steps} == FINAL


def test_the_expected_table_has_every_command() -> None:
    assert {type(c) for c in COMMAND.values()} == set(COMMANDS)


def test_each_transition_belongs_to_one_command() -> None:
    drawn = [(start, end) for start, end, _ in transitions()]
    assert len(drawn) == len(set(drawn))


@pytest.mark.parametrize(
    ("status", "command"),
    [(s, c) for s, c in product(STATUSES, COMMAND) if GRID[c, s][1] not in (".", "same")],
)
def test_only_the_actor_of_a_command_can_repeat_it(status: Status, command: str) -> None:
    who, to = GRID[command, status]
    actor = next(
        a for n, a in ACTORS.items() if LETTER.get(n, "-") in who and expectation(status, command, n) == to
    )
    rescue = rescue_in(status)
    after = evolve_all(rescue, decide(rescue, COMMAND[command], actor, LATE, RULES), LATE, actor)
    assert already_done(after, COMMAND[command], actor)
    others = [a for a in ACTORS.values() if a != actor]
    assert not any(already_done(after, COMMAND[command], other) for other in others)
    for name, another in COMMAND.items():
        same = name == command or {name, command} == {"wake", "wake_busy"}  # one waking, two outcomes
        assert already_done(after, another, actor) == same, name


@pytest.mark.parametrize("status", sorted(FINAL))
def test_illegal_transition_error_states_the_reason(status: Status) -> None:
    with pytest.raises(IllegalTransition) as refused:
        decide(rescue_in(status), Cancel(reason="x"), RIDER, NOW, RULES)
    assert f"is {status}, which is final" in refused.value.detail
    assert "scheduled, requested, matching, assigned, en_route or arrived" in refused.value.detail


def test_operator_can_cancel_a_rescue_that_another_rider_cannot_see() -> None:
    rescue = rescue_in("matching")
    with pytest.raises(NotFound):
        decide(rescue, Cancel(reason="x"), OTHER_RIDER, NOW, RULES)
    assert decide(rescue, Cancel(reason="x"), SUPPORT, NOW, RULES)

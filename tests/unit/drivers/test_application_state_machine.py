"""The life of an application: which command each state allows, for whom, and what it leads to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import ApiError, Forbidden, IllegalTransition
from supportcarr.drivers.applications.commands import (
    Approve,
    Command,
    Reinstate,
    Reject,
    RequestChanges,
    State,
    Submit,
    Suspend,
    TakeUp,
)
from supportcarr.drivers.applications.state_machine import (
    INITIAL,
    TABLE,
    WAITING,
    decide,
    evolve,
    transitions,
)
from supportcarr.drivers.errors import ApplicationIncomplete
from supportcarr.drivers.model import (
    Application,
    ApplicationState,
    DriverProfile,
    go_online,
    standing_events,
    state_of,
)

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DRIVER, SUPPORT = Actor("driver", "usr_d"), Actor("support", "usr_s")
FORM = Application(licence_class="5", insurer="Intact", applied_at=NOW)
NEW = DriverProfile(id="usr_d", created_at=NOW, application=FORM, vehicle_ids=("veh_a",))
CHANGES = RequestChanges(reason="The photo is blurred", fields=("insurer",))
COMMANDS: dict[str, tuple[Command, Actor]] = {
    "state": (State(), DRIVER),
    "submit": (Submit(), DRIVER),
    "take up": (TakeUp(), SUPPORT),
    "request changes": (CHANGES, SUPPORT),
    "approve": (Approve(), SUPPORT),
    "reject": (Reject(reason="Too many accidents"), SUPPORT),
    "suspend": (Suspend(), SUPPORT),
    "reinstate": (Reinstate(), SUPPORT),
}
PROFILES: dict[ApplicationState, DriverProfile] = {
    "draft": replace(NEW, stage="draft"),
    "submitted": replace(NEW, stage="submitted", review_since=NOW),
    "in_review": replace(NEW, stage="in_review", review_since=NOW),
    "changes_requested": replace(NEW, stage="changes_requested"),
    "rejected": replace(NEW, stage="rejected"),
    "approved": replace(NEW, approval="approved"),
    "suspended": replace(NEW, approval="suspended", offline_reason="suspended"),
}
# The state after each command; "-": it stays, ".": not allowed.
AFTER = """
                   state      submit     take_up    request_changes    approve   reject    suspend    reinst.
draft              -          submitted  .          .                  approved  rejected  .          .
submitted          -          -          in_review  changes_requested  approved  rejected  .          .
in_review          submitted  -          -          changes_requested  approved  rejected  .          .
changes_requested  -          submitted  .          -                  approved  rejected  .          .
rejected           .          .          .          changes_requested  approved  -         .          .
approved           -          .          .          .                  -         .         suspended  .
suspended          -          .          .          .                  approved  .         -          approved
"""
ROWS = [line.split() for line in AFTER.strip().splitlines()[1:]]


def cases() -> list[tuple[ApplicationState, str, str]]:
    return [
        (state, command, after)  # type: ignore[misc]  # the names of the table's rows are states
        for state, *row in ROWS
        for command, after in zip(COMMANDS, row, strict=True)
    ]


@pytest.mark.parametrize(("state", "command", "after"), cases())
def test_each_command_in_each_state(state: ApplicationState, command: str, after: str) -> None:
    profile, (asked, actor) = PROFILES[state], COMMANDS[command]
    if after == ".":
        with pytest.raises(IllegalTransition, match=r"is possible only while|has stated nothing"):
            decide(profile, asked, actor)
        return
    event = decide(profile, asked, actor)
    changed = profile if event is None else evolve(profile, event, LATER, getattr(asked, "reason", None))
    assert state_of(changed) == (state if after == "-" else after)
    assert (changed.review_since is not None) == (state_of(changed) in WAITING)
    if event is not None:
        assert (event.previous, event.state) == (state, state_of(changed))


@pytest.mark.parametrize("command", COMMANDS)
def test_only_the_driver_applies_and_only_operators_decide(command: str) -> None:
    asked, actor = COMMANDS[command]
    other = SUPPORT if actor is DRIVER else DRIVER
    for profile in PROFILES.values():
        with pytest.raises(Forbidden):
            decide(profile, asked, other)


def test_every_state_can_be_reached_and_is_in_the_table() -> None:
    assert set(TABLE) == set(get_args(ApplicationState))
    assert {INITIAL, *(to for _, to, _ in transitions())} == set(TABLE)


def test_an_application_that_lacks_something_is_not_submitted() -> None:
    with pytest.raises(ApplicationIncomplete) as refused:
        decide(PROFILES["draft"], Submit(missing=("insurance", "vehicle")), DRIVER)
    assert [(e.field, e.code) for e in refused.value.errors] == [
        ("insurance", "missing"),
        ("vehicle", "missing"),
    ]


def _after(profile: DriverProfile, command: Command, actor: Actor = SUPPORT) -> DriverProfile:
    event = decide(profile, command, actor)
    assert event is not None
    return evolve(profile, event, LATER, getattr(command, "reason", None))


def test_the_driver_sees_the_reason_until_the_next_submission() -> None:
    asked = _after(PROFILES["in_review"], CHANGES)
    assert asked.decision is not None
    assert (asked.decision.reason, asked.decision.fields) == ("The photo is blurred", ("insurer",))
    assert decide(asked, CHANGES, SUPPORT) is None
    corrected = _after(asked, RequestChanges(reason="Now the date", fields=("insurer",)))
    assert corrected.decision is not None
    assert corrected.decision.reason == "Now the date"
    again = _after(corrected, Submit(), DRIVER)
    assert (again.decision, again.review_since) == (None, LATER)


def test_a_suspension_ends_with_its_reason_and_the_driver_decides_when_to_go_online() -> None:
    online = go_online(PROFILES["approved"], "veh_a")
    suspended = _after(online, Suspend(reason="A complaint"))
    (event,) = standing_events(online, suspended)
    assert (event.approved, event.online, event.reason) == (False, False, "suspended")
    ended = _after(suspended, Reinstate(reason="It was another driver"))
    assert (ended.approval, ended.online, ended.offline_reason) == ("approved", False, None)
    assert ended.decision is not None
    assert ended.decision.reason == "It was another driver"


def test_a_later_statement_of_an_approved_driver_is_accepted_or_refused() -> None:
    stated = replace(FORM, insurer="Acme")
    profile = replace(PROFILES["approved"], review=stated, review_since=NOW)
    accepted = _after(profile, Approve())
    assert (accepted.application, accepted.review, accepted.review_since) == (stated, None, None)
    refused = _after(profile, CHANGES)
    assert (refused.approval, refused.application, refused.review) == ("approved", FORM, None)
    assert (refused.decision is not None, refused.review_since) == (True, None)


def test_a_profile_of_an_older_version_counts_as_submitted_once_filled_in() -> None:
    assert state_of(NEW) == "submitted"
    assert state_of(replace(NEW, application=Application())) == "draft"
    assert state_of(_after(NEW, Approve())) == "approved"


def test_errors_name_the_states_that_allow_the_command() -> None:
    with pytest.raises(ApiError, match=r"is approved; the end of a suspension .* while it is suspended"):
        decide(PROFILES["approved"], Reinstate(), SUPPORT)

"""The state machine of a driver's application: which command is allowed in which state, and for whom.

``decide`` looks every command up here, and the diagram in the docs is drawn from this table.  A command that
a state does not list is an error.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.actors import Actor, Role
from supportcarr.contracts.errors import Forbidden, IllegalTransition
from supportcarr.contracts.events import DriverApplicationMoved
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
from supportcarr.drivers.errors import ApplicationIncomplete
from supportcarr.drivers.model import ApplicationState, Decision, DriverProfile, set_approval, state_of


class Step(NamedTuple):
    """The state that a command leads to (``None``: it stays), and the roles that may issue it."""

    to: ApplicationState | None
    roles: frozenset[Role]


DRIVER: frozenset[Role] = frozenset({"driver"})
OPERATOR: frozenset[Role] = frozenset({"support", "admin"})

_STATE = Step(None, DRIVER)
_SUBMIT = Step("submitted", DRIVER)
_TAKE_UP = Step("in_review", OPERATOR)
_REQUEST_CHANGES = Step("changes_requested", OPERATOR)
_APPROVE = Step("approved", OPERATOR)
_REJECT = Step("rejected", OPERATOR)
_SUSPEND = Step("suspended", OPERATOR)

# Only who was approved is suspended, because the end of a suspension approves; others are rejected.
TABLE: Mapping[ApplicationState, Mapping[type[Command], Step]] = {
    "draft": {State: _STATE, Submit: _SUBMIT, Approve: _APPROVE, Reject: _REJECT},
    "submitted": {
        State: _STATE,
        Submit: Step(None, DRIVER),
        TakeUp: _TAKE_UP,
        RequestChanges: _REQUEST_CHANGES,
        Approve: _APPROVE,
        Reject: _REJECT,
    },
    "in_review": {
        State: _SUBMIT,  # what the operator has looked at is no longer what is stated
        Submit: Step(None, DRIVER),
        TakeUp: Step(None, OPERATOR),
        RequestChanges: _REQUEST_CHANGES,
        Approve: _APPROVE,
        Reject: _REJECT,
    },
    "changes_requested": {
        State: _STATE,
        Submit: _SUBMIT,
        RequestChanges: Step(None, OPERATOR),
        Approve: _APPROVE,
        Reject: _REJECT,
    },
    "approved": {
        State: _STATE,
        RequestChanges: Step(None, OPERATOR),
        Approve: Step(None, OPERATOR),
        Suspend: _SUSPEND,
    },
    "rejected": {RequestChanges: _REQUEST_CHANGES, Approve: _APPROVE, Reject: Step(None, OPERATOR)},
    "suspended": {
        State: _STATE,
        Suspend: Step(None, OPERATOR),
        Approve: _APPROVE,
        Reinstate: _APPROVE,
    },
}
INITIAL: ApplicationState = "draft"
WAITING: frozenset[ApplicationState] = frozenset({"submitted", "in_review"})  # for an operator

_COMMANDS: tuple[type[Command], ...] = tuple(dict.fromkeys(c for steps in TABLE.values() for c in steps))
_ROLES_OF_COMMAND: Mapping[type[Command], frozenset[Role]] = {
    command: frozenset(role for steps in TABLE.values() if command in steps for role in steps[command].roles)
    for command in _COMMANDS
}


def transitions() -> Iterator[tuple[ApplicationState, ApplicationState, type[Command]]]:
    """Each transition from one state to another, with its command."""
    for state, steps in TABLE.items():
        for command, step in steps.items():
            if step.to is not None:
                yield state, step.to, command


def check_transition(profile: DriverProfile, command: type[Command], actor: Actor) -> Step:
    """The step that this actor's command may take now.

    Raises ``Forbidden`` (never in this role), ``IllegalTransition`` (not from this state).
    """
    if actor.role not in _ROLES_OF_COMMAND[command]:
        raise Forbidden(f"The role {actor.role} does not allow {command.action}.")
    state = state_of(profile)
    step = TABLE[state].get(command)
    if step is None:
        raise IllegalTransition(_explain(state, command))
    return step


def decide(profile: DriverProfile, command: Command, actor: Actor) -> DriverApplicationMoved | None:
    """What the command does: the event; ``None`` if everything stays as it is.

    Raises ``Forbidden``, ``IllegalTransition``, ``ApplicationIncomplete``.
    """
    step = check_transition(profile, type(command), actor)
    state = state_of(profile)
    if isinstance(command, Submit) and command.missing:
        raise ApplicationIncomplete.lacking(command.missing)
    if step.to is None and not _says_more(profile, command):
        return None
    to = "changes_requested" if isinstance(command, RequestChanges) else step.to or state
    fields = command.fields if isinstance(command, RequestChanges) else ()
    return DriverApplicationMoved(driver_id=profile.id, previous=state, state=to, fields=fields)


def evolve(
    profile: DriverProfile, event: DriverApplicationMoved, at: datetime, reason: str | None = None
) -> DriverProfile:
    """The profile after the event; *reason* is in the operator's words, which no event carries."""
    to = event.state
    if to in ("submitted", "in_review"):
        since = profile.review_since or at if to == "in_review" else at
        return replace(profile, stage=to, decision=None, review_since=since)
    decision = Decision(
        state=msgspec.convert(to, ApplicationState), reason=reason, fields=event.fields, at=at
    )
    if to in ("approved", "suspended"):
        decided = set_approval(profile, "approved" if to == "approved" else "suspended")
        waits = decided.review_since if decided.review is not None else None
        return replace(decided, stage=None, decision=decision, review_since=waits)
    if event.previous == "approved":
        return replace(profile, decision=decision, review=None, review_since=None)
    return replace(
        profile,
        stage="rejected" if to == "rejected" else "changes_requested",
        decision=decision,
        review_since=None,
    )


def _says_more(profile: DriverProfile, command: Command) -> bool:
    """True if a command that leaves the state as it is changes anything: it decides what waits for a review,
    or gives another reason.

    Raises ``IllegalTransition`` for a request for changes of an approved driver who has stated nothing since.
    """
    if profile.approval == "approved" and isinstance(command, Approve | RequestChanges):
        if profile.review is None and isinstance(command, RequestChanges):
            raise IllegalTransition(
                "The driver is approved and has stated nothing since; suspend the driver instead."
            )
        return profile.review is not None
    if not isinstance(command, RequestChanges | Reject | Suspend) or command.reason is None:
        return False
    told = profile.decision
    fields = command.fields if isinstance(command, RequestChanges) else ()
    return told is None or (told.reason, told.fields) != (command.reason, fields)


def _explain(state: ApplicationState, command: type[Command]) -> str:
    may = [s for s in TABLE if command in TABLE[s]]
    listed = may[0] if len(may) == 1 else f"{', '.join(may[:-1])} or {may[-1]}"
    return f"The application is {state}; {command.action} is possible only while it is {listed}."

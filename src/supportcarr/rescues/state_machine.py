"""The state machine of a rescue: which command is allowed in which status, for whom, and where it leads.

``decide.py`` looks every command up here first, and the diagram in the docs is drawn from this table.
A command that a status does not list is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from supportcarr.contracts.actors import Actor, Role
from supportcarr.contracts.errors import Forbidden, IllegalTransition, NotFound
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
from supportcarr.rescues.model import Rescue


class Step(NamedTuple):
    """The statuses that a command may lead to (empty: it stays), and the roles that may issue it."""

    to: tuple[Status, ...]
    roles: frozenset[Role]


SYSTEM: frozenset[Role] = frozenset({"system"})
DRIVER: frozenset[Role] = frozenset({"driver"})
OPERATOR: frozenset[Role] = frozenset({"support", "admin"})
RIDER: frozenset[Role] = frozenset({"rider"})

_CANCEL = Step(("cancelled",), RIDER | OPERATOR)
_RELEASE = Step(("matching",), DRIVER | OPERATOR)
_EXCHANGE = Step(("assigned",), SYSTEM | OPERATOR)
_ABORT = Step(("aborted",), DRIVER | OPERATOR)
_RENEW_PIN = Step((), RIDER | OPERATOR)

TABLE: Mapping[Status, Mapping[type[Command], Step]] = {
    "scheduled": {
        Wake: Step(("requested", "rejected"), SYSTEM),
        Cancel: _CANCEL,
    },
    "requested": {
        BeginMatching: Step(("matching",), SYSTEM),
        Reject: Step(("rejected",), SYSTEM),
        Cancel: _CANCEL,
    },
    "matching": {
        Assign: Step(("assigned",), SYSTEM | OPERATOR),
        LeaveUnserved: Step(("unserved",), SYSTEM),
        Cancel: _CANCEL,
    },
    "assigned": {
        Depart: Step(("en_route",), DRIVER),
        Exchange: _EXCHANGE,
        Release: _RELEASE,
        Cancel: _CANCEL,
        RenewPin: _RENEW_PIN,
    },
    "en_route": {
        Arrive: Step(("arrived",), DRIVER),
        Exchange: _EXCHANGE,
        Release: _RELEASE,
        Cancel: _CANCEL,
        RenewPin: _RENEW_PIN,
    },
    "arrived": {
        Start: Step(("in_transit",), DRIVER),
        Complete: Step(("completed",), DRIVER),
        Abort: _ABORT,
        Release: _RELEASE,
        Cancel: _CANCEL,
        MarkNoShow: Step(("no_show",), DRIVER),
        ConfirmFix: Step((), RIDER),
        RenewPin: _RENEW_PIN,
    },
    "in_transit": {
        Complete: Step(("completed",), DRIVER),
        Abort: _ABORT,
    },
    "completed": {},
    "cancelled": {},
    "no_show": {},
    "unserved": {},
    "rejected": {},
    "aborted": {},
}

COMMANDS: tuple[type[Command], ...] = tuple(dict.fromkeys(c for steps in TABLE.values() for c in steps))
_ROLES_OF_COMMAND: Mapping[type[Command], frozenset[Role]] = {
    command: frozenset(role for steps in TABLE.values() if command in steps for role in steps[command].roles)
    for command in COMMANDS
}


def transitions() -> Iterator[tuple[Status, Status, type[Command]]]:
    """Each transition from one status to another, with its command."""
    for status, steps in TABLE.items():
        for command, step in steps.items():
            for to in step.to:
                yield status, to, command


def is_participant(rescue: Rescue, actor: Actor) -> bool:
    """True if the actor may know of the rescue; to others it does not exist."""
    match actor.role:
        case "system" | "support" | "admin":
            return True
        case "rider":
            return actor.id == rescue.rider_id
        case "driver":
            return actor.id == rescue.driver_id
        case _:
            return False


def check_transition(rescue: Rescue, command: type[Command], actor: Actor) -> Step:
    """The step that this actor's command may take now.

    Raises ``NotFound`` (not the actor's rescue), ``Forbidden`` (never in this role),
    ``IllegalTransition`` (not from this status), in that order, so that an error reveals nothing that
    the actor may not see.
    """
    if not is_participant(rescue, actor):
        raise NotFound
    if actor.role not in _ROLES_OF_COMMAND[command]:
        raise Forbidden(f"The role {actor.role} does not allow {command.action}.")
    step = TABLE[rescue.status].get(command)
    if step is None:
        raise IllegalTransition(_explain(rescue.status, command))
    if actor.role not in step.roles:
        raise Forbidden(
            f"The role {actor.role} does not allow {command.action} while the rescue is {rescue.status}."
        )
    return step


def _explain(status: Status, command: type[Command]) -> str:
    state = f"The rescue is {status}" + (", which is final" if status in FINAL else "")
    may = [s for s in STATUSES if command in TABLE[s]]
    listed = may[0] if len(may) == 1 else f"{', '.join(may[:-1])} or {may[-1]}"
    return f"{state}; {command.action} is possible only while it is {listed}."

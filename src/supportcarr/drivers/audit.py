"""What the audit log is told of an operator's decision about a driver.  Pure."""

from __future__ import annotations

from supportcarr.contracts.audit import Origin
from supportcarr.contracts.events import Fact, OperatorActed
from supportcarr.drivers.applications.commands import Command
from supportcarr.drivers.model import DriverProfile, state_of


def operator_acted(
    before: DriverProfile, after: DriverProfile, command: Command, origin: Origin
) -> OperatorActed:
    """The event for a decision; approving a driver also takes over the papers in review."""
    return OperatorActed(
        action=command.audited,
        subject=after.id,
        person_id=after.id,
        before=_facts(before),
        after=_facts(after),
        reason=getattr(command, "reason", None),
        origin=origin,
    )


def _facts(profile: DriverProfile) -> dict[str, Fact]:
    until = profile.documents_until
    return {
        "approval": profile.approval,
        "state": state_of(profile),
        "online": profile.online,
        "in_review": profile.review is not None,
        "documents_until": until.isoformat() if until else None,
    }

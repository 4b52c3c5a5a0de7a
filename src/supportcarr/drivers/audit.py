"""What the audit log is told of an operator's decision about a driver.  Pure."""

from __future__ import annotations

from supportcarr.contracts.audit import Origin
from supportcarr.contracts.events import Fact, OperatorActed
from supportcarr.drivers.applications.commands import Approve, Command
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
        after=_facts(after) | _checks(command),
        reason=_reason(command),
        origin=origin,
    )


def _reason(command: Command) -> str | None:
    """The operator's words, also those that the driver does not see."""
    reasons = [getattr(command, name, None) for name in ("reason", "override_reason")]
    return " / ".join(filter(None, reasons)) or None


def _checks(command: Command) -> dict[str, Fact]:
    """The checks that were not clear when the driver was approved."""
    unclear = command.unclear_checks if isinstance(command, Approve) else ()
    return {"unclear_checks": ", ".join(unclear)} if unclear else {}


def _facts(profile: DriverProfile) -> dict[str, Fact]:
    until = profile.documents_until
    return {
        "approval": profile.approval,
        "state": state_of(profile),
        "online": profile.online,
        "in_review": profile.review is not None,
        "documents_until": until.isoformat() if until else None,
    }

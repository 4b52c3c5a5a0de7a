"""What the audit log is told of an operator's command.  Pure."""

from __future__ import annotations

import re

from supportcarr.contracts.audit import Origin
from supportcarr.contracts.events import Fact, OperatorActed
from supportcarr.rescues.commands import Command
from supportcarr.rescues.model import Rescue

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def operator_acted(before: Rescue, after: Rescue, command: Command, origin: Origin) -> OperatorActed:
    """The event for a command that led from one state of the rescue to another."""
    facts_before, facts_after = _facts(before), _facts(after)
    changed = {name for name, value in facts_after.items() if facts_before[name] != value}
    return OperatorActed(
        action=f"rescues.{_WORD.sub('_', type(command).__name__).lower()}",
        subject=before.id,
        person_id=before.rider_id,
        before={name: facts_before[name] for name in sorted(changed)},
        after={name: facts_after[name] for name in sorted(changed)},
        reason=getattr(command, "reason", None),
        origin=origin,
    )


def _facts(rescue: Rescue) -> dict[str, Fact]:
    """What operators may change of a rescue; of the PIN only whether it is locked."""
    return {
        "status": rescue.status,
        "driver_id": rescue.driver_id,
        "owed_minor": rescue.owed.rider_minor if rescue.owed else None,
        "pin_locked": rescue.pin_locked,
        "fix_price_minor": rescue.fix_price_minor,
    }

"""The domain event that the audit log is built from."""

from __future__ import annotations

from supportcarr.audit.service import AuditLog
from supportcarr.contracts.events import OperatorActed
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(service: AuditLog) -> list[Consumer]:
    """A quick consumer: one insert, under an id that follows from the event."""
    return [Consumer("audit.append", (OperatorActed,), service.append, Phase.PROJECTION)]

"""The collections of the audit log."""

from __future__ import annotations

from typing import Any

from supportcarr.audit.model import AuditHead, AuditRecord
from supportcarr.kit.store.port import CollectionSpec, Index

RECORDS = CollectionSpec(
    "auditlog",
    AuditRecord,
    indexes=(
        Index("at"),
        Index("actor_id", "at"),
        Index("subject", "at"),
        Index("person_id", "at"),
        Index("action", "at"),
        Index("waiting_since"),
    ),
    unique=("chained_as",),
)
HEADS = CollectionSpec("audithead", AuditHead)

SPECS: tuple[CollectionSpec[Any], ...] = (RECORDS, HEADS)

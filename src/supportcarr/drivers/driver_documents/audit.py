"""What follows from an operator's decision about a document.  Pure."""

from __future__ import annotations

from supportcarr.contracts.audit import Origin
from supportcarr.contracts.events import DriverDocumentReviewed, Fact, OperatorActed
from supportcarr.drivers.driver_documents.model import DriverDocument


def document_reviewed(
    before: DriverDocument, after: DriverDocument, origin: Origin
) -> tuple[DriverDocumentReviewed, OperatorActed]:
    """The events for the driver and for the audit log."""
    reviewed = DriverDocumentReviewed(
        document_id=after.id, driver_id=after.driver_id, kind=after.kind, state=after.state
    )
    acted = OperatorActed(
        action="drivers.review_document",
        subject=after.id,
        person_id=after.driver_id,
        before=_facts(before),
        after=_facts(after),
        reason=after.reason,
        origin=origin,
    )
    return reviewed, acted


def _facts(document: DriverDocument) -> dict[str, Fact]:
    return {"kind": document.kind, "state": document.state}

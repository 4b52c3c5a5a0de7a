"""A document that a driver uploads, its states, and which of a driver's documents are current.  Pure.

A document never changes but for its state: an operator decides about exactly what they have seen.  Of
one kind (and vehicle) there may be two current ones: the one that counts, and a newer one that is not
approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from msgspec.structs import replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import IllegalTransition
from supportcarr.contracts.events import DriverApplicationMoved
from supportcarr.contracts.personal import Personal
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications import state_machine as applications
from supportcarr.drivers.model import DocumentKind, DocumentState, DocumentSummary, DriverProfile

Command = Literal["approve", "reject", "expire", "replace"]
Purpose = Literal["driver_document", "vehicle_photo", "profile_photo"]

# What each command makes of a document.  An operator may correct a decision; one that was replaced stays.
TABLE: Mapping[DocumentState, Mapping[Command, DocumentState]] = {
    "pending": {"approve": "approved", "reject": "rejected", "replace": "replaced"},
    "approved": {
        "approve": "approved",
        "reject": "rejected",
        "expire": "expired",
        "replace": "replaced",
    },
    "rejected": {"approve": "approved", "reject": "rejected", "replace": "replaced"},
    "expired": {"replace": "replaced"},
    "replaced": {"replace": "replaced"},
}
CURRENT: tuple[DocumentState, ...] = ("pending", "approved", "rejected", "expired")


WITHDRAWN = timedelta(days=2)  # before the date in UTC: that day is over in every time zone


class KindRules(NamedTuple):
    """What a document of a kind has."""

    purpose: Purpose  # of its files
    expires: bool  # it has a last day
    of_vehicle: bool = False  # there is one for each vehicle


RULES: Mapping[DocumentKind, KindRules] = {
    "licence": KindRules("driver_document", expires=True),
    "insurance": KindRules("driver_document", expires=True),
    "registration": KindRules("driver_document", expires=True, of_vehicle=True),
    "vehicle_photo": KindRules("vehicle_photo", expires=False, of_vehicle=True),
    "profile_photo": KindRules("profile_photo", expires=False),
}


class DriverDocument(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver uploaded of one kind.  City time, but for ``unattached_since``.

    ``unattached_since`` (wall time) is set until its files are attached; until then nobody sees the document,
    and a kill leaves it to be deleted.
    """

    driver_id: str
    kind: DocumentKind
    state: DocumentState = "pending"
    file_ids: tuple[str, ...]
    vehicle_id: str | None = None
    number: Annotated[str | None, Personal("driver_id")] = None
    expires_on: date | None = None
    reason: Annotated[str | None, Personal("driver_id")] = None
    uploaded_at: datetime
    reviewed_at: datetime | None = None
    approved_at: datetime | None = None  # also of one whose approval was withdrawn
    replaced_at: datetime | None = None
    unattached_since: datetime | None = None

    @property
    def withdrawn(self) -> bool:
        """True if it was approved before it was rejected."""
        return self.state == "rejected" and self.approved_at is not None


def next_state(document: DriverDocument, command: Command) -> DocumentState:
    """The state that the command leads to.  Raises ``IllegalTransition``."""
    to = TABLE[document.state].get(command)
    if to is None:
        raise IllegalTransition(f"The document is {document.state}")
    return to


def reviewed(
    document: DriverDocument,
    command: Literal["approve", "reject"],
    reason: str | None,
    at: datetime,
    today: date,
) -> DriverDocument | None:
    """The document as an operator decided; ``None`` if that changes nothing.

    Raises ``IllegalTransition``, also to approve one that has expired.
    """
    to = next_state(document, command)
    if (document.state, document.reason) == (to, reason):
        return None
    if to == "approved" and document.expires_on is not None and document.expires_on < today:
        raise IllegalTransition(f"The document was valid until {document.expires_on}")
    approved_at = at if to == "approved" else document.approved_at
    return replace(document, state=to, reason=reason, reviewed_at=at, approved_at=approved_at)


def replaced(document: DriverDocument, at: datetime) -> DriverDocument | None:
    """The document, kept as evidence only; ``None`` if it is."""
    if document.state == "replaced":
        return None
    return replace(document, state=next_state(document, "replace"), replaced_at=at)


def expired(document: DriverDocument, today: date) -> DriverDocument | None:
    """The document after its last day; ``None`` if that is not over, or it was not approved."""
    if document.state != "approved" or document.expires_on is None or document.expires_on >= today:
        return None
    return replace(document, state=next_state(document, "expire"))


def split_current(
    documents: Iterable[DriverDocument], vehicle_ids: Sequence[str]
) -> tuple[list[DriverDocument], list[DriverDocument]]:
    """The current ones of a driver's documents, the oldest first, and those that others have replaced.

    *vehicle_ids* are the driver's vehicles: a document of a removed one is replaced, too.
    """
    of_kind: dict[tuple[str, str | None], list[DriverDocument]] = {}
    gone: list[DriverDocument] = []
    for document in sorted(documents, key=lambda document: (document.uploaded_at, document.id)):
        if document.vehicle_id is not None and document.vehicle_id not in vehicle_ids:
            gone.append(document)
        else:
            slot = document.vehicle_id if RULES[document.kind].of_vehicle else None
            of_kind.setdefault((document.kind, slot), []).append(document)
    current: list[DriverDocument] = []
    for found in of_kind.values():
        counts = next((d for d in reversed(found) if d.state in ("approved", "expired") or d.withdrawn), None)
        waits = found[-1] if found[-1] is not counts else None
        current += [document for document in (counts, waits) if document is not None]
        gone += [document for document in found if document is not counts and document is not waits]
    return sorted(current, key=lambda document: (document.uploaded_at, document.id)), gone


def summary_of(document: DriverDocument) -> DocumentSummary:
    """What the driver's profile keeps of a current document."""
    ends = document.expires_on
    if document.withdrawn and document.reviewed_at is not None and ends is not None:
        ends = min(ends, document.reviewed_at.date() - WITHDRAWN)
    return DocumentSummary(
        id=document.id,
        kind=document.kind,
        state=document.state,
        vehicle_id=document.vehicle_id,
        expires_on=ends,
        withdrawn=document.withdrawn,
    )


def with_documents(
    profile: DriverProfile, summaries: tuple[DocumentSummary, ...], at: datetime
) -> tuple[DriverProfile, tuple[DriverApplicationMoved, ...]]:
    """The profile with its current documents; a new one takes the application out of the review."""
    after = replace(profile, documents=summaries)
    known = {summary.id for summary in profile.documents}
    if all(summary.id in known or summary.state != "pending" for summary in summaries):
        return after, ()
    try:
        event = applications.decide(profile, commands.State(), Actor("driver", profile.id))
    except IllegalTransition:  # it was rejected meanwhile
        event = None
    return (applications.evolve(after, event, at), (event,)) if event else (after, ())

"""The roster: which drivers may be offered jobs, and the two claims that a driver can have.

A claim names its owner (an offer) and a deadline.  A claim past its deadline whose owner does not
name it back is released (``reconciler``).  ``state_machine.CLAIM_TABLE`` says which claim may follow
which.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.carrying import VehicleSpec
from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.dispatch.state_machine import CLAIM_TABLE, ClaimCommand, ClaimState

JOB_REVIEW = timedelta(minutes=10)  # city time between two checks that a job is still the driver's


class OfferClaim(msgspec.Struct, frozen=True):
    """The one open offer of a driver."""

    offer_id: str
    until: datetime


class JobClaim(msgspec.Struct, frozen=True, kw_only=True):
    """The one current job of a driver; unconfirmed until the rescue names the driver."""

    rescue_id: str
    entry: int
    offer_id: str
    area_id: str
    confirmed: bool
    until: datetime


class RosterEntry(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What dispatch knows of a driver; the id is the driver's.

    ``standing_version`` is the version of the driver's profile that was applied last.  ``missed``
    counts offers in a row that ran out.
    """

    approved: bool = False
    online: bool = False
    vehicle_id: str | None = None
    vehicle: VehicleSpec | None = None  # what it can carry; ``None``: not known
    documents_until: datetime | None = None  # city time; ``None``: nothing is known about an end
    hours_until: datetime | None = None  # city time at which the hours that one may drive are over
    standing_version: int = 0
    offer: OfferClaim | None = None
    job: JobClaim | None = None
    missed: int = 0
    claim_until: datetime | None = None  # the earliest deadline of its claims
    busy_area: str | None = None  # the area of its job

    @property
    def may_work(self) -> bool:
        return self.approved and self.online

    @property
    def is_free(self) -> bool:
        """True if the driver may be offered a job now."""
        return self.may_work and self.offer is None and self.job is None

    def has_valid_documents(self, now: datetime) -> bool:
        """True if licence and insurance count at that time (city time)."""
        return self.documents_until is None or now < self.documents_until

    def has_hours_left(self, now: datetime) -> bool:
        """True if the driver may still drive at that time (city time)."""
        return self.hours_until is None or now < self.hours_until

    @property
    def claims(self) -> ClaimState:
        """Its row in the table of claims."""
        if self.job is None:
            return "none" if self.offer is None else "offer"
        if self.offer is None:
            return "confirmed_job" if self.job.confirmed else "job"
        return "offer_and_confirmed_job" if self.job.confirmed else "offer_and_job"


def apply_standing(entry: RosterEntry, changed: DriverStandingChanged, version: int) -> RosterEntry | None:
    """The entry with that standing; ``None`` if a newer one is known.  Missed offers are forgiven."""
    if version <= entry.standing_version:
        return None
    return replace(
        entry,
        approved=changed.approved,
        online=changed.online,
        vehicle_id=changed.vehicle_id,
        vehicle=changed.vehicle,
        documents_until=changed.documents_until,
        hours_until=changed.hours_until,
        standing_version=version,
        missed=0,
    )


def claim_offer(entry: RosterEntry, claim: OfferClaim) -> RosterEntry | None:
    """The entry with that open offer; ``None`` if the driver is not free."""
    if not (_allows(entry, "claim_offer") and entry.may_work):
        return None
    return _with_deadline(replace(entry, offer=claim))


def release_offer(entry: RosterEntry, offer_id: str, *, missed: bool | None = None) -> RosterEntry | None:
    """The entry without that open offer; ``None`` if it names another.

    *missed* True counts a missed offer, False (the driver answered) resets the count, ``None`` leaves
    it.
    """
    if not _allows(entry, "release_offer") or not _holds_offer(entry, offer_id):
        return None
    count = entry.missed if missed is None else entry.missed + 1 if missed else 0
    return _with_deadline(replace(entry, offer=None, missed=count))


def claim_job(entry: RosterEntry, job: JobClaim) -> RosterEntry | None:
    """The entry with that current job in place of its offer; ``None`` if the driver has a job."""
    if not _allows(entry, "claim_job"):
        return None
    offer = None if _holds_offer(entry, job.offer_id) else entry.offer
    return _with_deadline(replace(entry, job=job, offer=offer, missed=0))


def confirm_job(entry: RosterEntry, offer_id: str, now: datetime) -> RosterEntry | None:
    """The entry with the job of that offer confirmed; ``None`` if it is, or is not the job."""
    if not _allows(entry, "confirm_job") or entry.job is None or entry.job.offer_id != offer_id:
        return None
    return _with_deadline(replace(entry, job=replace(entry.job, confirmed=True, until=now + JOB_REVIEW)))


def release_job(entry: RosterEntry) -> RosterEntry | None:
    """The entry without a current job; ``None`` if it has none."""
    return _with_deadline(replace(entry, job=None)) if _allows(entry, "release_job") else None


def extend(entry: RosterEntry, until: datetime) -> RosterEntry:
    """The entry with the deadline of its claims moved to *until*."""
    return _with_deadline(
        replace(
            entry,
            offer=replace(entry.offer, until=until) if entry.offer else None,
            job=replace(entry.job, until=until) if entry.job else None,
        )
    )


def _allows(entry: RosterEntry, command: ClaimCommand) -> bool:
    return command in CLAIM_TABLE[entry.claims]


def _holds_offer(entry: RosterEntry, offer_id: str) -> bool:
    return entry.offer is not None and entry.offer.offer_id == offer_id


def _with_deadline(entry: RosterEntry) -> RosterEntry:
    """The entry with the fields that are derived from its claims, by which it is found."""
    deadlines = [claim.until for claim in (entry.offer, entry.job) if claim]
    return replace(
        entry,
        claim_until=min(deadlines, default=None),
        busy_area=entry.job.area_id if entry.job else None,
    )

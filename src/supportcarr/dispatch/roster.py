"""Who may be offered jobs: the drivers' standing, and the two things that can be claimed of a driver.

A claim names its owner (an offer) and a deadline.  A claim past its deadline whose owner does not
name it back is released (``reconciler``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import DriverStandingChanged

JOB_REVIEW = timedelta(minutes=10)  # city time between two looks whether a job is still the driver's


class OfferClaim(msgspec.Struct, frozen=True):
    """A driver has one open offer at a time: this one."""

    offer_id: str
    until: datetime


class JobClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A driver has one current job: this one; unconfirmed until the rescue names the driver."""

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
        """May be offered a job now."""
        return self.may_work and self.offer is None and self.job is None


def apply_standing(entry: RosterEntry, fact: DriverStandingChanged, version: int) -> RosterEntry | None:
    """The entry with that standing; ``None`` if a newer one is known.  Missed offers are forgiven."""
    if version <= entry.standing_version:
        return None
    return replace(
        entry,
        approved=fact.approved,
        online=fact.online,
        vehicle_id=fact.vehicle_id,
        standing_version=version,
        missed=0,
    )


def claim_offer(entry: RosterEntry, claim: OfferClaim) -> RosterEntry | None:
    """The entry with that open offer; ``None`` if the driver is not free for it."""
    return _timed(replace(entry, offer=claim)) if entry.is_free else None


def drop_offer(entry: RosterEntry, offer_id: str, *, missed: bool | None = None) -> RosterEntry | None:
    """The entry without that open offer, which was missed (counts up), or answered (*missed* False:
    the count starts anew), or neither; ``None`` if it names another."""
    if entry.offer is None or entry.offer.offer_id != offer_id:
        return None
    count = entry.missed if missed is None else entry.missed + 1 if missed else 0
    return _timed(replace(entry, offer=None, missed=count))


def claim_job(entry: RosterEntry, job: JobClaim) -> RosterEntry | None:
    """The entry with that current job in place of the offer; ``None`` if it has another job."""
    if entry.job is not None:
        return None
    offer = None if entry.offer and entry.offer.offer_id == job.offer_id else entry.offer
    return _timed(replace(entry, job=job, offer=offer, missed=0))


def confirm_job(entry: RosterEntry, offer_id: str, now: datetime) -> RosterEntry | None:
    """The entry with that job confirmed; ``None`` if it has it no more, or is confirmed."""
    if entry.job is None or entry.job.offer_id != offer_id or entry.job.confirmed:
        return None
    return _timed(replace(entry, job=replace(entry.job, confirmed=True, until=now + JOB_REVIEW)))


def extend(entry: RosterEntry, until: datetime) -> RosterEntry:
    """The entry with its claims looked at again at that time."""
    return _timed(
        replace(
            entry,
            offer=replace(entry.offer, until=until) if entry.offer else None,
            job=replace(entry.job, until=until) if entry.job else None,
        )
    )


def drop_job(entry: RosterEntry) -> RosterEntry:
    """The entry without a current job."""
    return _timed(replace(entry, job=None))


def _timed(entry: RosterEntry) -> RosterEntry:
    deadlines = [claim.until for claim in (entry.offer, entry.job) if claim]
    return replace(
        entry,
        claim_until=min(deadlines, default=None),
        busy_area=entry.job.area_id if entry.job else None,
    )

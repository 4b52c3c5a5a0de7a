"""Only drivers who may drive are offered jobs: approved, not suspended, with papers that count.

Each function returns a sentence for each violation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from supportcarr_lab.simulator.journal import JournalRecord, event_key
from supportcarr_lab.verification.expected_events import drivers_over_time
from supportcarr_lab.verification.records import CityRecords, Driver, Rescue

APPROVED, SUSPENDED = "application_approved", "driver_suspended"


def only_eligible_drivers(records: CityRecords, journals: Iterable[JournalRecord]) -> list[str]:
    """No offer before the approval, after the end of papers, or once a suspension was known; a job that a
    stopped driver has is not taken away."""
    return [
        *_offers_before_approval(records),
        *_offers_without_papers(records),
        *_offers_to_suspended(records, journals),
        *_jobs_taken_away(records),
    ]


def _offers_before_approval(records: CityRecords) -> Iterator[str]:
    approved: dict[str, float] = {}
    for notification in records.notifications:
        if notification.kind == APPROVED:
            at = approved.get(notification.user_id, notification.at)
            approved[notification.user_id] = min(at, notification.at)
    for offer in records.offers:
        if offer.driver_id in approved and offer.made_at < approved[offer.driver_id]:
            yield f"{offer.driver_id} was offered {offer.rescue_id} before the approval"


def _offers_without_papers(records: CityRecords) -> Iterator[str]:
    until = {driver.id: driver.documents_until for driver in records.drivers}
    for offer in records.offers:
        end = until.get(offer.driver_id)
        if end is not None and offer.made_at >= end:
            yield f"{offer.driver_id} was offered {offer.rescue_id} after the end of the papers"


def _offers_to_suspended(records: CityRecords, journals: Iterable[JournalRecord]) -> Iterator[str]:
    """A suspended driver accepts nothing that was offered since, and is offered nothing more once the
    notification has arrived: dispatch knows of it before that is sent."""
    told = _told_at(records, journals)
    suspended = {driver.id: driver for driver in records.drivers if driver.approval == "suspended"}
    for offer in records.offers:
        driver = suspended.get(offer.driver_id)
        if driver is None or driver.decided_at is None:
            continue
        if offer.outcome == "accepted" and offer.made_at > driver.decided_at:
            yield f"{driver.id} accepted {offer.rescue_id}, and was suspended before it was offered"
        if offer.made_at > told.get(driver.id, float("inf")):
            yield f"{driver.id} was offered {offer.rescue_id} while suspended"


def _told_at(records: CityRecords, journals: Iterable[JournalRecord]) -> dict[str, float]:
    """When each driver's client received the latest notification of a suspension."""
    keys = {
        event_key("notification:new", notification.id)
        for notification in records.notifications
        if notification.kind == SUSPENDED
    }
    return {
        journal.user_id: max(event.at for event in journal.received if event.key in keys)
        for journal in journals
        if any(event.key in keys for event in journal.received)
    }


def _jobs_taken_away(records: CityRecords) -> Iterator[str]:
    """After a driver was stopped, only people move that driver's job, and not operators."""
    stopped = {driver.id: at for driver in records.drivers if (at := _stopped_at(driver)) is not None}
    for rescue in records.rescues:
        yield from _taken_away(rescue, stopped)


def _taken_away(rescue: Rescue, stopped: dict[str, float]) -> Iterator[str]:
    for entry, (before, _) in zip(rescue.timeline, drivers_over_time(rescue), strict=True):
        at = stopped.get(before or "")
        if at is None or entry.at <= at:
            continue
        lost = entry.to in ("matching", "assigned", "unserved", "cancelled", "aborted")
        if lost and entry.actor.role not in ("rider", "driver"):
            yield f"{rescue.id} was taken from {before}, who was stopped and should have finished it"


def _stopped_at(driver: Driver) -> float | None:
    """When the driver was stopped for good; ``None``: never, as far as the present profile says."""
    times = [driver.documents_until]
    if driver.approval == "suspended":
        times.append(driver.decided_at)
    known = [at for at in times if at is not None]
    return min(known, default=None)


def count_applicants(records: CityRecords, ids: Sequence[str]) -> dict[str, int]:
    """How far the applicants of a run came."""
    mine = set(ids)
    offered = {offer.driver_id for offer in records.offers}
    kinds = {(notification.user_id, notification.kind) for notification in records.notifications}
    return {
        "signed_up": len(mine),
        "approved": sum((driver_id, APPROVED) in kinds for driver_id in mine),
        "offered": len(mine & offered),
        "suspended": sum((driver_id, SUSPENDED) in kinds for driver_id in mine),
        "expired": sum((driver_id, "documents_expired") in kinds for driver_id in mine),
    }

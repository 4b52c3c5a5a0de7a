"""Event consumers of drivers."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    DeletionRequested,
    DriverApplicationMoved,
    DriverCheckEnded,
    DriverDocumentReviewed,
    DriverDocumentsExpired,
    DriverDocumentUploaded,
    DriverShiftChanged,
    UserBanned,
    UserSignedUp,
    VehicleChanged,
)
from supportcarr.drivers.checks.model import Submission
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.vehicle_service import VehicleService
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.runtime.clock import to_milliseconds


def consumers(
    service: DriverService,
    vehicles: VehicleService,
    shifts: ShiftService,
    documents: DriverDocumentService,
    checks: DriverCheckService,
) -> list[Consumer]:
    """Create a profile for every new driver, so that operators see the applications; take those offline
    whose accounts are to be deleted, or who were banned; keep what the current vehicle can carry;
    record shifts; keep in the profiles which documents are current; have those who apply checked, and
    tell operators of checks that are not clear."""

    async def open_profile(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, UserSignedUp) and envelope.event.role == "driver":
            await service.open_profile(envelope.event.user_id)

    async def stop(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, DeletionRequested):
            await service.stop(envelope.event.person_id, "account_deletion")
        if isinstance(envelope.event, UserBanned):
            await service.stop(envelope.event.user_id, "banned")

    async def record_shift(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, DriverShiftChanged):
            await shifts.record(envelope.event, envelope.document_version)

    async def refresh_vehicle(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, VehicleChanged):
            await service.refresh_vehicle(envelope.event.driver_id)
            await vehicles.follow_photos(envelope.event)

    async def refresh_documents(envelope: EventEnvelope) -> None:
        match envelope.event:
            case DriverDocumentUploaded() | DriverDocumentReviewed():
                await documents.refresh(envelope.event.driver_id)
            case DriverDocumentsExpired():
                await documents.expire(envelope.event.driver_id)

    async def request_checks(envelope: EventEnvelope) -> None:
        event = envelope.event
        if isinstance(event, DriverApplicationMoved) and event.state in ("submitted", "in_review"):
            again = event.state == "submitted"  # an operator who takes it up sees what failed
            submission = Submission(event.driver_id, envelope.document_version, to_milliseconds(envelope.at))
            await checks.request(submission, again=again)

    async def note_check(envelope: EventEnvelope) -> None:
        event = envelope.event
        if isinstance(event, DriverCheckEnded) and await checks.ended_unclear(event.check_id):
            await service.note_unclear_check(event.driver_id, event.check_id)

    return [
        Consumer("drivers.note_check", (DriverCheckEnded,), note_check, Phase.REACTION),
        Consumer("drivers.request_checks", (DriverApplicationMoved,), request_checks, Phase.REACTION),
        Consumer(
            "drivers.refresh_documents",
            (DriverDocumentUploaded, DriverDocumentReviewed, DriverDocumentsExpired),
            refresh_documents,
            Phase.REACTION,
        ),
        Consumer("drivers.open_profile", (UserSignedUp,), open_profile, Phase.REACTION),
        Consumer("drivers.record_shift", (DriverShiftChanged,), record_shift, Phase.REACTION),
        Consumer("drivers.refresh_vehicle", (VehicleChanged,), refresh_vehicle, Phase.REACTION),
        Consumer("drivers.stop", (DeletionRequested, UserBanned), stop, Phase.REACTION),
    ]

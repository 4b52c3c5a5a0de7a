"""Deadlines and periodic tasks of drivers."""

from __future__ import annotations

from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.collections import DRIVER_CHECKS, PROFILES, SHIFTS
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask

DATE_PAPERS_SECONDS = 3600.0
COLLECT_DOCUMENTS_SECONDS = 3600.0


def deadlines(service: DriverService, shifts: ShiftService, checks: DriverCheckService) -> list[Deadline]:
    """Papers that will soon have expired, or have; hours that are nearly over, or are; checks to be ordered,
    or to be asked for."""
    return [
        Deadline(PROFILES, service.on_documents_due, every_s=10),
        Deadline(SHIFTS, shifts.on_shift_due, every_s=5),
        Deadline(DRIVER_CHECKS, checks.on_check_due, every_s=1),  # due at once on news of a provider
    ]


def periodic_tasks(service: DriverService, documents: DriverDocumentService) -> list[PeriodicTask]:
    """The papers of drivers whose profiles an older version has stored; documents that nobody needs."""
    return [
        PeriodicTask("drivers.date_papers", DATE_PAPERS_SECONDS, service.date_papers),
        PeriodicTask("drivers.collect_documents", COLLECT_DOCUMENTS_SECONDS, documents.collect),
    ]

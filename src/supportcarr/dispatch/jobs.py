"""Deadlines and periodic tasks of dispatch."""

from __future__ import annotations

from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask

RECONCILE_SECONDS = 5.0


def deadlines(service: DispatchService) -> list[Deadline]:
    """Ends of offers, next searches, and sagas that a crash left incomplete."""
    return [
        Deadline(OFFERS, service.on_offer_deadline, every_s=1),
        Deadline(CASES, service.on_case_deadline, every_s=1),  # a search is at least two seconds ahead
    ]


def periodic_tasks(service: DispatchService) -> list[PeriodicTask]:
    """The reconciliation of claims."""
    return [PeriodicTask("dispatch.reconcile", RECONCILE_SECONDS, service.reconcile)]

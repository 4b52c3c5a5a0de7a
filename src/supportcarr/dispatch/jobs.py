"""What dispatch does when its time comes."""

from __future__ import annotations

from supportcarr.dispatch.collections import CASES, OFFERS
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask

RECONCILE_SECONDS = 5.0


def deadlines(service: DispatchService) -> list[Deadline]:
    """The ends of offers, the next searches, and sagas that somebody left half-done."""
    return [Deadline(OFFERS, service.offer_due), Deadline(CASES, service.case_due)]


def tickers(service: DispatchService) -> list[PeriodicTask]:
    return [PeriodicTask("dispatch.reconcile", RECONCILE_SECONDS, service.reconcile)]

"""Deadlines of rescues."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.service import RescueService


def deadlines(service: RescueService) -> list[Deadline]:
    """Bookings that wake, and holds and searches that end."""
    return [Deadline(RESCUES, service.on_deadline)]

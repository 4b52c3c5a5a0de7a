"""Deadlines of rescues."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.service import RescueService


def deadlines(service: RescueService) -> list[Deadline]:
    """Starts of bookings, and time limits of holds and searches."""
    return [Deadline(RESCUES, service.on_deadline, every_s=2)]

"""Deadlines of drivers."""

from __future__ import annotations

from supportcarr.drivers.collections import PROFILES
from supportcarr.drivers.service import DriverService
from supportcarr.kit.jobs.declarations import Deadline


def deadlines(service: DriverService) -> list[Deadline]:
    """Papers that will soon have expired, or have."""
    return [Deadline(PROFILES, service.on_documents_due)]

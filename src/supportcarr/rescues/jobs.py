"""What happens to rescues when its time has come."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.service import RescueService


def deadlines(service: RescueService) -> list[Deadline]:
    return [Deadline(RESCUES, service.on_deadline)]

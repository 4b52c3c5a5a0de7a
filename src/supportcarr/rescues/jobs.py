"""What happens to rescues when its time has come."""

from __future__ import annotations

from supportcarr.kit.work import Deadline
from supportcarr.rescues.repository import RESCUES
from supportcarr.rescues.service import RescueService


def deadlines(service: RescueService) -> list[Deadline]:
    return [Deadline(RESCUES, service.fall_due)]

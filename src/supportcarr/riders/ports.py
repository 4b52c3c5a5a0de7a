"""What riders need of other parts."""

from __future__ import annotations

from typing import Protocol


class LiveRescues(Protocol):
    """Implemented by ``rescues.service.RescueService``."""

    async def rescue_is_live(self, rescue_id: str) -> bool:
        """True if the rescue exists and is neither a booking nor final."""

"""What riders need of others."""

from __future__ import annotations

from typing import Protocol


class LiveRescues(Protocol):
    async def rescue_is_live(self, rescue_id: str) -> bool:
        """True if it exists, is no mere booking, and is not over."""

"""A log of views that keeps them in memory."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin


class KeptViews:
    """The port ``ViewLog`` of rescues and operations."""

    def __init__(self) -> None:
        self.views: list[tuple[str | None, str, str, str | None]] = []  # by whom, what, subject, person

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        self.views.append((by.id, what, subject, person_id))

"""A rescue as the operators' console shows it."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.contracts.actors import Actor
from supportcarr.kit.store.port import Store
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.schemas import RescueView, TimelineView

_OPERATOR = Actor("support")  # support and admin see the same


class RescueDetails:
    """Implements the port of ``operations`` that shows one rescue."""

    def __init__(self, store: Store, queries: RescueQueries, chat: ChatService) -> None:
        self._rescues = store.collection(RESCUES)
        self._queries = queries
        self._chat = chat

    async def rescue(self, rescue_id: str) -> RescueView | None:
        """Get the operator's view; ``None`` if there is no such rescue."""
        rescue = await self._rescues.get(rescue_id)
        return await self._queries.view(rescue, _OPERATOR) if rescue else None

    async def rider_id(self, rescue_id: str) -> str | None:
        """Get the rider; ``None`` if there is no such rescue."""
        rescue = await self._rescues.get(rescue_id)
        return rescue.rider_id if rescue else None

    async def timeline(self, rescue_id: str) -> Sequence[TimelineView]:
        """Get the timeline; empty if there is no such rescue."""
        rescue = await self._rescues.get(rescue_id)
        return self._queries.timeline(rescue, _OPERATOR) if rescue else []

    async def messages(self, rescue_id: str) -> int:
        """Count the chat messages."""
        return await self._chat.count(rescue_id)

"""A rescue as the operators' console shows it (fills a port of operations)."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.contracts.actors import Actor
from supportcarr.kit.store.port import Store
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.schemas import RescueView, TimelineView

_OPERATOR = Actor("support")  # the views of support and admin are the same


class RescueDetails:
    def __init__(self, store: Store, reading: RescueQueries, chat: ChatService) -> None:
        self._rescues = store.collection(RESCUES)
        self._reading = reading
        self._chat = chat

    async def rescue(self, rescue_id: str) -> RescueView | None:
        """The operator's view, or ``None``: there is no such rescue."""
        rescue = await self._rescues.get(rescue_id)
        return await self._reading.view(rescue, _OPERATOR) if rescue else None

    async def timeline(self, rescue_id: str) -> Sequence[TimelineView]:
        rescue = await self._rescues.get(rescue_id)
        return self._reading.timeline(rescue, _OPERATOR) if rescue else []

    async def messages(self, rescue_id: str) -> int:
        """How many messages were written."""
        return await self._chat.count(rescue_id)

"""What the people of a rescue say to each other."""

from __future__ import annotations

from datetime import timedelta

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import MessageSent
from supportcarr.contracts.ids import MESSAGE
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Page, Store
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.collections import MESSAGES, RESCUES
from supportcarr.rescues.errors import ChatClosed
from supportcarr.rescues.model import Message, Rescue
from supportcarr.rescues.schemas import MessagesQuery, MessageView
from supportcarr.rescues.service import city_now
from supportcarr.rescues.state_machine import is_participant

OPEN_AFTER_END = timedelta(hours=24)  # city time: "I left my helmet in your truck"


class ChatService:
    """Messages of rescues, each a document of its own; whoever sees the rescue may read and write."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._rescues = store.collection(RESCUES)
        self._messages = store.collection(MESSAGES)
        self._clock = clock

    async def send(self, rescue_id: str, who: Principal, text: str) -> Message:
        """Say something.  Raises ``NotFound``; ``ChatClosed`` a day after the rescue's end."""
        rescue = await self._rescue(rescue_id, who)
        now = city_now(self._clock)
        if rescue.ended_at is not None and now > rescue.ended_at + OPEN_AFTER_END:
            raise ChatClosed
        sender = actor_for(rescue, who)
        message = Message(id=new_id(MESSAGE), rescue_id=rescue.id, sender=sender, text=text, at=now)
        sent = MessageSent(
            message_id=message.id,
            rescue_id=rescue.id,
            rider_id=rescue.rider_id,
            area_id=rescue.area_id,
            sender_id=who.user_id,
            driver_id=rescue.driver_id,
        )
        return await self._messages.insert(message, PendingEvents((sent,), by=sender, at=now))

    async def list_messages(self, rescue_id: str, who: Principal, query: MessagesQuery) -> Page[Message]:
        """One page, in the order of sending or against it.  Raises ``NotFound``."""
        await self._rescue(rescue_id, who)
        return await self._messages.find(
            {"rescue_id": rescue_id},
            sort="id" if query.sort == "at" else "-id",
            limit=query.limit,
            cursor=query.cursor,
        )

    async def count(self, rescue_id: str) -> int:
        """How many messages were written."""
        return await self._messages.count({"rescue_id": rescue_id})

    async def view(self, message_id: str) -> MessageView | None:
        """A message as the real-time edge shows it."""
        message = await self._messages.get(message_id)
        return MessageView.of(message) if message else None

    async def _rescue(self, rescue_id: str, who: Principal) -> Rescue:
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or not is_participant(rescue, actor_for(rescue, who)):
            raise NotFound
        return rescue

"""The chat of a rescue."""

from __future__ import annotations

from datetime import timedelta

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import AnyEvent, MessageSent, OperatorActed
from supportcarr.contracts.ids import MESSAGE
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Store
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.collections import MESSAGES, RESCUES
from supportcarr.rescues.errors import ChatClosed
from supportcarr.rescues.model import Message, Rescue
from supportcarr.rescues.ports import ViewLog
from supportcarr.rescues.schemas import MessagesQuery, MessageView
from supportcarr.rescues.state_machine import is_participant

OPEN_AFTER_END = timedelta(hours=24)  # city time: "I left my helmet in your truck"


class ChatService:
    """Messages of rescues.  Everybody who may see a rescue may read and write them."""

    def __init__(self, store: Store, clock: Clock, views: ViewLog) -> None:
        self._rescues = store.collection(RESCUES)
        self._messages = store.collection(MESSAGES)
        self._clock = clock
        self._views = views

    async def send(
        self,
        rescue_id: str,
        principal: Principal,
        text: str,
        *,
        message_id: str | None = None,
        origin: Origin = NOWHERE,
    ) -> Message:
        """Send a message; repeated with the id of one that was sent: that one.  An operator's is audited.

        Raises ``NotFound``; ``ChatClosed`` a day after the rescue's end.
        """
        rescue = await self._rescue(rescue_id, principal)
        if message_id is not None and (sent_before := await self._messages.get(message_id)):
            return sent_before
        now = to_milliseconds(self._clock.city())
        if rescue.ended_at is not None and now > rescue.ended_at + OPEN_AFTER_END:
            raise ChatClosed
        sender = actor_for(rescue, principal)
        message_id = message_id or new_id(MESSAGE)
        message = Message(id=message_id, rescue_id=rescue.id, sender=sender, text=text, at=now)
        sent = MessageSent(
            message_id=message.id,
            rescue_id=rescue.id,
            rider_id=rescue.rider_id,
            area_id=rescue.area_id,
            sender_id=principal.user_id,
            driver_id=rescue.driver_id,
        )
        events: tuple[AnyEvent, ...] = (sent,)
        if sender.is_operator:
            acted = OperatorActed(
                action="rescues.send_message", subject=rescue.id, person_id=rescue.rider_id, origin=origin
            )
            events = (sent, acted)
        try:
            return await self._messages.insert(message, PendingEvents(events, by=sender, at=now))
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._messages.get(message.id) or message

    async def list_messages(
        self, rescue_id: str, principal: Principal, query: MessagesQuery, *, origin: Origin = NOWHERE
    ) -> Page[Message]:
        """List one page, oldest or newest first; that an operator reads them is audited.

        Raises ``NotFound``.
        """
        rescue = await self._rescue(rescue_id, principal)
        reader = actor_for(rescue, principal)
        if reader.is_operator:
            await self._views.viewed(
                reader, "rescues.read_messages", rescue.id, person_id=rescue.rider_id, origin=origin
            )
        return await self._messages.find(
            {"rescue_id": rescue_id},
            sort="id" if query.sort == "at" else "-id",
            limit=query.limit,
            cursor=query.cursor,
        )

    async def count(self, rescue_id: str) -> int:
        """Count the messages of a rescue."""
        return await self._messages.count({"rescue_id": rescue_id})

    async def view(self, message_id: str) -> MessageView | None:
        """Get a message as the real-time server sends it; ``None`` if there is none."""
        message = await self._messages.get(message_id)
        return MessageView.of(message) if message else None

    async def _rescue(self, rescue_id: str, principal: Principal) -> Rescue:
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or not is_participant(rescue, actor_for(rescue, principal)):
            raise NotFound
        return rescue

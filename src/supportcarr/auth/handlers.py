"""Event consumers of auth."""

from __future__ import annotations

from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.name_index import NameIndex
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PersonRenamed, SmsCodeRequested, UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(texts: CodeTexts, names: NameIndex) -> list[Consumer]:
    """Send requested codes, which is slow: it calls the SMS provider.  Index names."""

    async def send(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, SmsCodeRequested):
            await texts.send(envelope.event)

    async def index(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, UserSignedUp | PersonRenamed):
            await names.update(envelope.event.user_id)

    return [
        Consumer("auth.index_name", (UserSignedUp, PersonRenamed), index, Phase.PROJECTION),
        Consumer("auth.send_sms_code", (SmsCodeRequested,), send, Phase.REACTION, slow=True),
    ]

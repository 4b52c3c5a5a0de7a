"""Event consumers of auth."""

from __future__ import annotations

from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.name_index import NameIndex
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PersonRenamed, PhoneChanged, SmsCodeRequested, UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(texts: CodeTexts, names: NameIndex) -> list[Consumer]:
    """Send requested codes and tell old numbers, which is slow: the SMS provider.  Index names."""

    async def send(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, SmsCodeRequested):
            await texts.send(envelope.event)

    async def tell_old_phones(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, PhoneChanged):
            await texts.tell_old_phones(envelope.id, envelope.event.user_id)

    async def index(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, UserSignedUp | PersonRenamed):
            await names.update(envelope.event.user_id)

    return [
        Consumer("auth.index_name", (UserSignedUp, PersonRenamed), index, Phase.PROJECTION),
        Consumer("auth.send_sms_code", (SmsCodeRequested,), send, Phase.REACTION, slow=True),
        Consumer("auth.tell_old_phones", (PhoneChanged,), tell_old_phones, Phase.REACTION, slow=True),
    ]

"""Event consumers of auth."""

from __future__ import annotations

from supportcarr.auth.code_texts import CodeTexts
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import SmsCodeRequested
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(texts: CodeTexts) -> list[Consumer]:
    """Send requested codes.  It calls the SMS provider, so it is slow."""

    async def send(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, SmsCodeRequested):
            await texts.send(envelope.event)

    return [Consumer("auth.send_sms_code", (SmsCodeRequested,), send, Phase.REACTION, slow=True)]

"""The domain events that files reacts to."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import FileUploaded
from supportcarr.files.processing import FileProcessing
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(processing: FileProcessing) -> list[Consumer]:
    """Process what was uploaded."""

    async def process(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, FileUploaded):
            await processing.process(envelope.event)

    return [Consumer("files.process", (FileUploaded,), process, Phase.REACTION, slow=True)]

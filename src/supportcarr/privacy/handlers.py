"""The domain events that privacy reacts to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DeletionRequested, ExportRequested, PersonErased
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.privacy.deletions import DeletionService
from supportcarr.privacy.exports import ExportService


def consumers(deletions: DeletionService, exports: ExportService) -> list[Consumer]:
    """End sessions of accounts that are to be deleted, and build exports.

    For an erased person there is one consumer for each part that holds personal data.
    """

    async def build(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, ExportRequested):
            await exports.build(envelope.event)

    async def end_sessions(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, DeletionRequested):
            await deletions.end_sessions(envelope.event.person_id)

    def forgetting(part: str) -> Callable[[EventEnvelope], Awaitable[None]]:
        async def forget(envelope: EventEnvelope) -> None:
            if isinstance(envelope.event, PersonErased):
                await deletions.forget(part, envelope.event.person_id)

        return forget

    return [
        Consumer("privacy.end_sessions", (DeletionRequested,), end_sessions, Phase.REACTION),
        Consumer("privacy.build_export", (ExportRequested,), build, Phase.REACTION, slow=True),
        *(
            Consumer(
                f"{data.part}.forget_person",
                (PersonErased,),
                forgetting(data.part),
                Phase.REACTION,
                slow=data.slow,
            )
            for data in deletions.parts
        ),
    ]

"""What the parts give to the edge ``realtime``, and what they take from it."""

from __future__ import annotations

from supportcarr.bootstrap.adapters import SocketPositionSink, StreamPayloads
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.dispatch import DispatchPart
from supportcarr.bootstrap.parts.notifications import NotificationsPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.rescues import RescuesPart
from supportcarr.bootstrap.parts.tracking import TrackingPart
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.sealing.streams import SealedStreams
from supportcarr.realtime import handlers


class RealtimePart(Part):
    def __init__(
        self,
        streams: SealedStreams,
        *,
        auth: AuthPart,
        dispatch: DispatchPart,
        notifications: NotificationsPart,
        rescues: RescuesPart,
        tracking: TrackingPart,
    ) -> None:
        self._streams = streams
        self._payloads = StreamPayloads(dispatch.service, rescues.chat, notifications.service, auth.service)
        self.position_reports = SocketPositionSink(tracking.service)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self._streams, self._payloads)

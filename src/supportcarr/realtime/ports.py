"""What the real-time edge needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from supportcarr.contracts.actors import Principal
from supportcarr.kit.events.streams import StreamEvent
from supportcarr.realtime.messages import PositionReport


class TokenVerifier(Protocol):
    """Turns an access token (a JWT) into whose it is."""

    def verify(self, token: bytes) -> Principal:
        """Raises ``Unauthenticated``: not ours, over, or taken back.

        Asked again every few seconds for each socket, so that a token taken back ends its sockets.
        """

    def stale(self) -> bool:
        """True if something may have been taken back of which this process has not heard."""

    async def confirm(self, principal: Principal) -> None:
        """Ask, while ``stale``.  Raises ``Unauthenticated``; ``Overloaded``: nobody can tell."""


class PositionSink(Protocol):
    async def report(self, driver_id: str, report: PositionReport) -> None:
        """Take a driver's position.  Raises a ``ApiError`` whose code becomes the acknowledgement."""


class PayloadLoader(Protocol):
    """What people see of the things that a fact only names; ``None``: it is gone.

    Each value is ready to be encoded.
    """

    async def offer(self, offer_id: str) -> Any | None: ...

    async def message(self, message_id: str) -> Any | None: ...

    async def notification(self, notification_id: str) -> Any | None: ...


class StreamReader(Protocol):
    """What a socket reads of ``kit.events.streams.Streams``; both raise ``RedisError``."""

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]: ...

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        """Raises ``StreamReset``."""


class Transport(Protocol):
    """One client's connection."""

    def queued(self) -> int:
        """Frames that were handed over and not yet written to the network."""

    async def send(self, frame: str) -> None: ...

    async def close(self) -> None: ...

"""What the real-time server needs from other parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence, Set
from typing import Any, Protocol

from supportcarr.contracts.actors import Principal
from supportcarr.kit.events.stream_types import FirehoseBatch, Publication, StreamEvent
from supportcarr.realtime.messages import PositionReport


class TokenVerifier(Protocol):
    """Finds the principal of an access token (a JWT).  Implemented by ``auth.access_tokens.AccessTokens``."""

    def verify(self, token: bytes) -> Principal:
        """Raises ``Unauthenticated`` if the token is invalid, expired or revoked.

        Called again for each connection every few seconds, and when its session or account is revoked.
        """

    async def verify_with_new_keys(self, token: bytes) -> Principal:
        """Verify a token after reading the signing keys again: if ``verify`` raised ``UnknownSigningKey``."""

    def on_revoked(self, listener: Callable[[Set[str], Set[str]], None]) -> None:
        """Call *listener* with the ids of sessions and of accounts that were just revoked."""

    def stale(self) -> bool:
        """True if a session may have been revoked without this process knowing it."""

    async def confirm(self, principal: Principal) -> None:
        """Check the session while ``stale``.

        Raises ``Unauthenticated`` if it has ended, ``Overloaded`` if that cannot be checked.
        """


class PositionSink(Protocol):
    """Takes the positions of drivers.  Implemented by ``bootstrap.adapters.SocketPositionSink``."""

    async def report(self, driver_id: str, report: PositionReport) -> None:
        """Raises an ``ApiError``, whose code becomes the acknowledgement."""


class PayloadLoader(Protocol):
    """Loads what a domain event only refers to, ready to be encoded; ``None`` if it was deleted.

    Implemented by ``bootstrap.adapters.StreamPayloads``.
    """

    async def offer(self, offer_id: str) -> Any | None: ...

    async def message(self, message_id: str) -> Any | None: ...

    async def notification(self, notification_id: str) -> Any | None: ...


class StreamReader(Protocol):
    """Reads streams; both methods raise ``RedisError``.

    Implemented by ``kit.sealing.streams.SealedStreams``.
    """

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]: ...

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        """Raises ``StreamReset``."""


class EventSource(StreamReader, Protocol):
    """Also brings every event as it is appended.  Implemented by ``kit.sealing.streams.SealedStreams``."""

    def firehose(self, start: str | None = None) -> AsyncGenerator[FirehoseBatch, None]: ...


class StreamAppender(Protocol):
    """Appends to streams.  Implemented by ``kit.sealing.streams.SealedStreams``."""

    async def append(self, publications: Sequence[Publication]) -> list[str | None]:
        """Drops duplicates, by stream and event id.  Raises ``RedisError``."""


class PubSub(Protocol):
    """Listens to Redis channels.  Implemented by ``kit.redis.client.RedisClient``."""

    def subscribe(self, *channels: str) -> AsyncGenerator[bytes, None]: ...


class Transport(Protocol):
    """One client's connection.  Implemented by ``realtime.transport.SocketTransport``."""

    def queued(self) -> int:
        """Frames that were handed over and are not yet written to the network."""

    async def send(self, frame: str) -> None: ...

    async def close(self) -> None: ...

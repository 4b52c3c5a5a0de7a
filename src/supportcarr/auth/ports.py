"""What auth needs of others."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from typing import Any, Protocol


class Broadcast(Protocol):
    """Publish/subscribe between the processes (``kit.redis.client.RedisClient``)."""

    def publish(self, channel: str, message: bytes) -> Awaitable[Any]:
        """Raises ``RedisError`` when awaited."""

    def subscribe(self, *channels: str) -> AsyncGenerator[bytes, None]: ...

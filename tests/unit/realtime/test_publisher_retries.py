"""What the publisher does while the streams cannot be appended to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from support.rescues import events
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.redis.errors import RedisError, RedisUnavailable
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.realtime.handlers import RETRY_SECONDS, StreamPublisher


class NoPayloads:
    """Finds no payload."""

    async def offer(self, offer_id: str) -> Any | None:
        return None

    message = notification = offer


class UnavailableStreams:
    """Streams whose Redis is unavailable."""

    def __init__(self, error: RedisError) -> None:
        self._error = error

    async def append(self, publications: Sequence[Publication]) -> list[str | None]:
        raise self._error


async def test_the_retry_delay_does_not_grow_with_the_outage() -> None:
    publisher = StreamPublisher(UnavailableStreams(RedisUnavailable("unavailable")), NoPayloads())
    for _ in range(10):
        with pytest.raises(RetryLater) as retry:
            await publisher.publish(events.envelope(events.assigned(), 3))
        assert retry.value.seconds == RETRY_SECONDS

"""What the feeder does while the streams cannot be appended to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from support.rescues import events
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.redis.errors import RedisError, RedisUnavailable
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.realtime.handlers import RETRY_SECONDS, StreamPublisher


class NoViews:
    """Nothing that a fact only names."""

    async def offer(self, offer_id: str) -> Any | None:
        return None

    message = notification = offer


class Away:
    """Streams without their Redis."""

    def __init__(self, error: RedisError) -> None:
        self._error = error

    async def append(self, entries: Sequence[Publication]) -> list[str | None]:
        raise self._error


async def test_a_redis_that_is_away_is_asked_again_soon_however_long_it_was_away() -> None:
    feeder = StreamPublisher(Away(RedisUnavailable("away")), NoViews())
    for _ in range(10):
        with pytest.raises(RetryLater) as again:
            await feeder.publish(events.envelope(events.assigned(), 3))
        assert again.value.seconds == RETRY_SECONDS

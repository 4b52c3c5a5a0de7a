"""Figures that cost a query: read every few seconds, and not whenever somebody scrapes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import StoreError

EVERY_S = 5.0

log = structlog.get_logger(__name__)

Values = Sequence[tuple[tuple[str, ...], float]]  # label values, the value
Read = Callable[[], Awaitable[Values]]


class Sampler:
    """Reads figures and exports what it read last.

    A figure that cannot be read (the store is unavailable) is not exported until it can be again: an old
    value would look like a current one.
    """

    def __init__(self, metrics: Metrics, *, every_s: float = EVERY_S) -> None:
        self._metrics, self._every_s = metrics, every_s
        self._reads: dict[str, Read] = {}
        self._values: dict[str, Values] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, name: str, labels: Sequence[str], read: Read) -> None:
        """Export what *read* returns as the metric *name*."""
        self._reads[name] = read
        self._metrics.register_values(name, labels, lambda: self._values.get(name, ()))

    def start(self) -> None:
        self._task = asyncio.create_task(self._sample_forever(), name="sample metrics")

    async def stop(self) -> None:
        await cancel_and_wait(self._task)

    async def sample(self) -> None:
        """Read everything once."""
        for name, read in self._reads.items():
            try:
                self._values[name] = await read()
            except (StoreError, RedisError, RetryLater):
                self._values.pop(name, None)  # whoever uses the store logs its outages
            except Exception:  # this task must not end
                self._values.pop(name, None)
                log.exception("metric_not_read", metric=name)

    async def _sample_forever(self) -> None:
        while True:
            await self.sample()
            await asyncio.sleep(self._every_s)

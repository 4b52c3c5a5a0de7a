"""Publications of several callers that share one call of the append script."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.redis.errors import RedisError

Positions = list[str | None]  # one for each stream of each publication; None: a duplicate


class AppendBatch:
    """Publications that are appended together, and which positions each caller waits for.

    The caller that creates the batch runs the script; the others join and wait for their share.
    """

    def __init__(self, publications: Sequence[Publication]) -> None:
        self.publications = list(publications)
        self._own = self._count = _count_streams(publications)
        self._joined: list[tuple[asyncio.Future[Positions | None], int, int]] = []

    def join(self, publications: Sequence[Publication]) -> asyncio.Future[Positions | None]:
        """Add *publications*; the future has their positions, or ``None`` if the batch was abandoned."""
        future: asyncio.Future[Positions | None] = asyncio.get_running_loop().create_future()
        start, self._count = self._count, self._count + _count_streams(publications)
        self.publications += publications
        self._joined.append((future, start, self._count))
        return future

    def complete(self, positions: Positions) -> Positions:
        """Give each joined caller its positions; returns those of the caller that created the batch."""
        for future, start, end in self._joined:
            if not future.done():  # else its caller was cancelled
                future.set_result(positions[start:end])
        return positions[: self._own]

    def abandon(self, error: RedisError | None = None) -> None:
        """Fail the joined callers with *error*; without one, let each append its own publications."""
        for future, _, _ in self._joined:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


def _count_streams(publications: Sequence[Publication]) -> int:
    return sum([len(publication.streams) for publication in publications])

"""Reading the firehoses: a connection of its own that blocks until something is appended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from supportcarr.kit.events.stream_types import StreamEvent
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError

RETRY_SECONDS = 0.1  # between attempts while Redis is unavailable
_READ_LIMIT = 500  # entries of each firehose
_BLOCK_SECONDS = 1.0  # also: how late a wiped Redis is noticed when nothing is appended


class FirehoseReader:
    """A dedicated connection to the Redis of *redis*; used as an asynchronous context manager."""

    def __init__(self, redis: RedisClient, firehoses: Sequence[str]) -> None:
        self._client = redis.dedicated(name="firehose", timeout=_BLOCK_SECONDS + 2)
        self._firehoses = firehoses

    async def __aenter__(self) -> FirehoseReader:
        while True:
            try:
                await self._client.open()
                return self
            except RedisError:
                await asyncio.sleep(RETRY_SECONDS)

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def last_ids(self) -> dict[str, str]:
        """The id of the newest entry of each firehose."""
        newest = await self._client.batch(
            [("XREVRANGE", key, "+", "-", "COUNT", 1) for key in self._firehoses]
        )
        return {
            key: found[0][0].decode() if found else "0-0"
            for key, found in zip(self._firehoses, newest, strict=True)
        }

    async def read(self, after: Mapping[str, str]) -> list[tuple[bytes, list[tuple[bytes, list[bytes]]]]]:
        """New entries after these ids, by firehose; waits ``_BLOCK_SECONDS`` for the first one."""
        found = await self._client.call(
            "XREAD", "COUNT", _READ_LIMIT, "BLOCK", int(_BLOCK_SECONDS * 1000),
            "STREAMS", *after, *after.values(),
        )  # fmt: skip
        return found or []


def decode_firehose_entry(fields: Sequence[bytes]) -> Iterator[StreamEvent]:
    """The event of a firehose entry, once for each stream it was appended to.

    A place in no stream has the cause of the event; older releases write none.
    """
    _, event_id, _, name, _, at, _, data, *places = fields
    first, cause = 0, b""
    if places and not places[0]:
        first, cause = 2, places[1].partition(b" ")[2]
    shared = event_id.decode(), name.decode(), at.decode(), data, cause
    for n in range(first, len(places), 2):
        yield StreamEvent(places[n].decode(), places[n + 1].decode(), *shared)

"""A full stream of production length: clients that return too late reload."""

from __future__ import annotations

import pytest

from support.realtime import connected_client, publication, running_server, token_of
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.stream_types import StreamReset
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient

ANN = "usr_ann"
STREAM, OPS = f"user:{ANN}", "ops:montreal"
RETAINED = 1_000  # events of a person; an area has 50 times as many
BATCH = 100


async def append_many(streams: EventStreams, stream: str, start: int, count: int) -> str:
    """Append *count* events; the position of the last one."""
    positions: list[str | None] = [None]
    for first in range(start, start + count, BATCH):
        end = min(first + BATCH, start + count)
        positions = await streams.append([publication(stream, n) for n in range(first, end)])
    assert positions[-1] is not None
    return positions[-1]


def position(last: str, seq: int) -> str:
    return f"{last.partition(':')[0]}:{seq}"


async def test_the_last_thousand_events_of_a_person_are_kept_for_an_hour(redis: RedisClient) -> None:
    settings = StreamSettings()
    assert (settings.user_events, settings.ops_events, settings.keep_seconds) == (
        RETAINED,
        50 * RETAINED,
        3600,
    )
    streams = EventStreams(redis, settings)
    last = await append_many(streams, STREAM, 0, RETAINED + 1)
    kept = await streams.read(STREAM, position(last, 1), 2 * RETAINED)
    assert [item.position for item in kept] == [position(last, seq) for seq in range(2, RETAINED + 2)]
    with pytest.raises(StreamReset) as reset:
        await streams.read(STREAM, position(last, 0), 2 * RETAINED)
    assert reset.value.position == last
    last = await append_many(streams, OPS, 0, 2 * RETAINED)  # operators' streams are longer
    assert len(await streams.read(OPS, position(last, 0), 3 * RETAINED)) == 2 * RETAINED


async def test_a_client_within_the_retention_replays_and_an_older_one_reloads(
    redis: RedisClient,
) -> None:
    streams = EventStreams(redis, StreamSettings())
    last = await append_many(streams, STREAM, 0, RETAINED + 5)
    async with running_server(redis) as server:
        async with connected_client(
            server.url, token_of(ANN, "rider"), {STREAM: position(last, 5)}
        ) as in_time:
            await in_time.received.wait_until(lambda received: len(received.events) >= RETAINED)
        assert [event["data"]["n"] for event in in_time.received.events] == list(range(5, RETAINED + 5))
        assert in_time.received.payloads("stream:reset") == []
        async with connected_client(server.url, token_of(ANN, "rider"), {STREAM: position(last, 4)}) as late:
            await late.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
            await append_many(streams, STREAM, RETAINED + 5, 1)
            await late.received.wait_until(lambda received: bool(received.events))
        assert late.received.payloads("stream:reset") == [{"heads": {STREAM: last}}]
        assert [event["data"]["n"] for event in late.received.events] == [RETAINED + 5]


async def test_rights_are_checked_again_when_a_client_reconnects(redis: RedisClient) -> None:
    """A former operator still has a position of the area's stream; it gives no access."""
    streams = EventStreams(redis, StreamSettings())
    last = await append_many(streams, OPS, 0, 3)
    own_position = await append_many(streams, STREAM, 0, 3)
    since = {OPS: position(last, 0), STREAM: position(own_position, 0)}
    async with running_server(redis, heads_seconds=0.1) as server:
        async with connected_client(server.url, token_of(ANN, "support"), since) as operator:
            await operator.received.wait_until(lambda received: len(received.events) == 6)
        async with connected_client(server.url, token_of(ANN, "rider"), since) as rider:
            await rider.received.wait_until(lambda received: len(received.events) == 3)
            assert await rider.request("stream:sync", {"since": {OPS: position(last, 0)}}) == {
                "error": "forbidden"
            }
            broadcasts = len(rider.received.payloads("stream:heads"))
            await rider.received.wait_until(lambda r: len(r.payloads("stream:heads")) > broadcasts + 1)
        assert {event["stream"] for event in rider.received.events} == {STREAM}
        assert all(OPS not in update["heads"] for update in rider.received.payloads("stream:heads"))
        assert rider.received.payloads("stream:reset") == []

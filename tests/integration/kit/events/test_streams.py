"""Streams: each event once, numbered without gaps, or a reset."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.stream_types import FirehoseBatch, Publication, StreamEvent, StreamReset
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, RedisReplyError, RedisUnavailable
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

RIDER, OPS = "user:usr_rider", "ops:montreal"


def publication(n: int, *streams: str) -> Publication:
    at, data = "2026-11-02T16:00:00Z", b'{"n":%d}' % n
    return Publication(streams or (RIDER,), f"res_1.{n}.0", "rescue:status_update", at, data)


@pytest.fixture
def streams(redis: RedisClient) -> EventStreams:
    return EventStreams(redis, StreamSettings(user_events=10, ops_events=20, firehose_events=100))


def offsets(items: list[StreamEvent]) -> list[int]:
    return [int(item.position.partition(":")[2]) for item in items]


async def test_an_event_is_read_as_it_was_appended(streams: EventStreams) -> None:
    (before,) = (await streams.current_positions([RIDER])).values()
    (position,) = await streams.append([publication(1)])
    (item,) = await streams.read(RIDER, before)
    assert item == StreamEvent(
        RIDER, position or "", "res_1.1.0", "rescue:status_update", "2026-11-02T16:00:00Z", b'{"n":1}'
    )
    assert before.endswith(":0")
    assert item.position == before.replace(":0", ":1")


async def test_a_duplicate_is_dropped_and_takes_no_offset(streams: EventStreams) -> None:
    first = await streams.append([publication(1), publication(1), publication(2)])
    assert first[1] is None
    assert await streams.append([publication(2), publication(1), publication(3)])
    current = (await streams.current_positions([RIDER]))[RIDER]
    assert current.endswith(":3")
    items = await streams.read(RIDER, current.replace(":3", ":0"))
    assert [item.id for item in items] == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]
    assert offsets(items) == [1, 2, 3]


async def test_each_stream_has_its_own_offsets(streams: EventStreams) -> None:
    positions = await streams.append([publication(1), publication(1, OPS), publication(2, OPS)])
    assert [position and position.partition(":")[2] for position in positions] == ["1", "1", "2"]
    heads = await streams.current_positions([RIDER, OPS, "user:usr_nobody"])
    assert [heads[s].partition(":")[2] for s in (RIDER, OPS, "user:usr_nobody")] == ["1", "2", "0"]
    assert len({current.partition(":")[0] for current in heads.values()}) == 1


async def test_an_event_published_again_is_appended_to_the_streams_that_lack_it(
    streams: EventStreams,
) -> None:
    driver = "user:usr_driver"
    first = await streams.append([publication(1, RIDER, OPS)])
    repeated = await streams.append([publication(1, RIDER, driver, OPS)])
    assert [position is None for position in repeated] == [True, False, True]
    assert await streams.append([publication(1, driver, OPS), publication(1)]) == [None, None, None]
    heads = await streams.current_positions([RIDER, OPS, driver])
    assert list(heads.values()) == [first[0], first[1], repeated[1]]


async def test_a_stream_whose_name_is_part_of_another_name_is_distinct(streams: EventStreams) -> None:
    names = ["user:usr_1", "user:usr_11", "r:usr_1", "user:usr_"]
    for name in names:
        (position,) = await streams.append([publication(1, name)])
        assert position is not None


async def test_an_event_may_have_other_data_for_one_stream(streams: EventStreams) -> None:
    lost = msgspec.structs.replace(publication(1, "user:usr_lost"), data=b'"exchanged"')
    positions = await streams.append([publication(1, RIDER, OPS), lost])
    assert None not in positions
    (item,) = await streams.read("user:usr_lost", (positions[2] or "").replace(":1", ":0"))
    assert item.data == b'"exchanged"'
    assert await streams.append([publication(1, RIDER, OPS), lost]) == [None, None, None]


async def test_a_reader_catches_up_in_pages(streams: EventStreams) -> None:
    await streams.append([publication(n, OPS) for n in range(1, 9)])
    position = (await streams.current_positions([OPS]))[OPS].replace(":8", ":2")
    read: list[StreamEvent] = []
    while page := await streams.read(OPS, position, limit=4):
        read += page
        position = page[-1].position
    assert offsets(read) == [3, 4, 5, 6, 7, 8]


async def test_trimmed_events_cause_a_reset(streams: EventStreams) -> None:
    await streams.append([publication(n) for n in range(1, 16)])  # ten are kept
    current = (await streams.current_positions([RIDER]))[RIDER]
    assert offsets(await streams.read(RIDER, current.replace(":15", ":5"))) == list(range(6, 16))
    with pytest.raises(StreamReset) as reset:
        await streams.read(RIDER, current.replace(":15", ":4"))
    assert reset.value.position == current


async def test_area_streams_keep_more(streams: EventStreams) -> None:
    await streams.append([publication(n, OPS) for n in range(1, 16)])
    current = (await streams.current_positions([OPS]))[OPS]
    assert len(await streams.read(OPS, current.replace(":15", ":0"))) == 15


@pytest.mark.parametrize(("old", "kept"), [(12, 4), (60, 32)])
async def test_expired_events_are_trimmed_at_every_16th_event(
    redis: RedisClient, old: int, kept: int
) -> None:
    streams = EventStreams(redis, StreamSettings())
    await streams.append([publication(n) for n in range(1, old + 1)])
    await redis.call("DEL", keys.stream(RIDER))
    for n in range(1, old + 1):  # as they would be after two hours of a stream that is in use
        await redis.call("XADD", keys.stream(RIDER), f"{n}-1", "id", n, "name", "x", "at", "x", "data", "x")
    await streams.append([publication(n) for n in range(old + 1, old + 4)])
    assert await redis.call("XLEN", keys.stream(RIDER)) == old + 3
    await streams.append([publication(old + 4)])
    assert await redis.call("XLEN", keys.stream(RIDER)) == kept  # two go for each that came
    assert 0 < await redis.call("TTL", keys.stream(RIDER)) <= 3600


async def test_an_expired_idle_stream_is_complete_for_a_reader_at_its_end(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([publication(1), publication(2)])
    await redis.call("DEL", keys.stream(RIDER))
    current = (await streams.current_positions([RIDER]))[RIDER]
    assert await streams.read(RIDER, current) == []
    with pytest.raises(StreamReset):
        await streams.read(RIDER, current.replace(":2", ":1"))


@pytest.mark.parametrize("position", ["", "nonsense", "a:b", ":", "x:-1", "x:1e3", "x:" + "9" * 40])
async def test_a_malformed_position_causes_a_reset(streams: EventStreams, position: str) -> None:
    with pytest.raises(StreamReset):
        await streams.read(RIDER, position)


async def test_a_position_ahead_of_the_stream_causes_a_reset(streams: EventStreams) -> None:
    current = (await streams.current_positions([RIDER]))[RIDER]
    with pytest.raises(StreamReset):
        await streams.read(RIDER, current.replace(":0", ":1"))


async def test_a_wiped_redis_begins_another_epoch(redis: RedisClient, streams: EventStreams) -> None:
    (old,) = await streams.append([publication(1)])
    await redis.call("FLUSHALL")
    (new,) = await streams.append([publication(2)])
    assert old is not None and new is not None
    assert old.partition(":")[2] == new.partition(":")[2] == "1"
    assert old.partition(":")[0] != new.partition(":")[0]
    with pytest.raises(StreamReset) as reset:
        await streams.read(RIDER, old)
    assert reset.value.position == new


async def test_lost_offsets_with_a_surviving_stream_do_not_mix_epochs(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([publication(n) for n in range(1, 6)])
    await redis.call("DEL", keys.stream_positions())
    (position,) = await streams.append([publication(6)])
    assert position is not None
    (item,) = await streams.read(RIDER, position.replace(":1", ":0"))
    assert item.id == "res_1.6.0"


async def test_concurrent_appends_leave_no_gap(redis_server: EmbeddedRedis, streams: EventStreams) -> None:
    async def append(start: int, client: RedisClient) -> None:
        own = EventStreams(client, StreamSettings())
        for n in range(start, start + 150, 3):
            await own.append([publication(m, OPS) for m in (n, n + 1, n + 2)])

    async with (
        RedisClient(redis_server.url, timeout=60) as one,
        RedisClient(redis_server.url, timeout=60) as two,
    ):
        await asyncio.gather(append(1, one), append(76, two))  # they overlap by half
        current = (await streams.current_positions([OPS]))[OPS]
        items = await EventStreams(one, StreamSettings()).read(OPS, current.split(":")[0] + ":0", limit=1000)
    assert offsets(items) == list(range(1, 226))
    assert len({item.id for item in items}) == 225


async def script_calls(redis: RedisClient) -> int:
    stats = await redis.call("INFO", "commandstats", decode=True)
    return sum(
        int(line.partition("calls=")[2].partition(",")[0])
        for line in stats.splitlines()
        if line.startswith(("cmdstat_eval:", "cmdstat_evalsha:"))
    )


async def test_concurrent_appends_share_a_script_call_and_get_their_own_positions(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([publication(1)])
    before = await script_calls(redis)
    one, two, three = await asyncio.gather(
        streams.append([publication(2, RIDER, OPS)]),
        streams.append([publication(1), publication(3, OPS)]),
        streams.append([publication(2, OPS), publication(4, OPS)]),
    )
    assert await script_calls(redis) == before + 1
    numbers = [
        [position and position.partition(":")[2] for position in positions] for positions in (one, two, three)
    ]
    assert numbers == [["2", "1"], [None, "2"], [None, "3"]]


async def test_appends_beyond_the_limit_take_several_calls_in_order(
    redis: RedisClient, streams: EventStreams
) -> None:
    streams = EventStreams(redis, StreamSettings())
    many = [[publication(30 * who + n) for n in range(30)] for who in range(5)]
    positions = await asyncio.gather(*(streams.append(some) for some in many))
    assert [int((position or "").partition(":")[2]) for some in positions for position in some] == [
        *range(1, 151)
    ]


@pytest.mark.usefixtures("redis")  # emptied
async def test_an_append_without_redis_fails_for_the_whole_batch_and_can_be_retried(
    redis_server: EmbeddedRedis,
) -> None:
    async with RedisClient(redis_server.url, timeout=60) as client:
        streams = EventStreams(client, StreamSettings())
        appends = [[publication(n)] for n in (1, 2, 3)]
        await client.close()
        failed = await asyncio.gather(*(streams.append(some) for some in appends), return_exceptions=True)
        assert [isinstance(outcome, RedisUnavailable) for outcome in failed] == [True] * 3
        await client.open()
        await asyncio.gather(*(streams.append(some) for some in appends))
        current = (await streams.current_positions([RIDER]))[RIDER]
        ids = [item.id for item in await streams.read(RIDER, current.replace(":3", ":0"))]
    assert ids == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]


@pytest.mark.parametrize("bad", [0, 1, 2])
async def test_a_failing_publication_does_not_fail_the_others_of_its_batch(
    redis: RedisClient, streams: EventStreams, bad: int
) -> None:
    await redis.call("HSET", keys.stream_positions(), "", "epoch", "user:usr_bad", "no number")
    appends = [[publication(n)] for n in range(3)]
    appends[bad] = [publication(9, "user:usr_bad")]
    outcomes = await asyncio.gather(*(streams.append(some) for some in appends), return_exceptions=True)
    assert [isinstance(outcome, RedisReplyError) for outcome in outcomes] == [n == bad for n in range(3)]
    current = (await streams.current_positions([RIDER]))[RIDER]
    ids = [item.id for item in await streams.read(RIDER, current.replace(":2", ":0"))]
    assert sorted(ids) == [f"res_1.{n}.0" for n in range(3) if n != bad]


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_a_cancelled_append_does_not_affect_its_batch(streams: EventStreams, gone: int) -> None:
    appends = [asyncio.create_task(streams.append([publication(n)])) for n in range(3)]
    await asyncio.sleep(0)
    appends[gone].cancel()
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [
        n == gone for n in range(3)
    ]
    await streams.append([publication(gone)])
    current = (await streams.current_positions([RIDER]))[RIDER]
    ids = [item.id for item in await streams.read(RIDER, current.replace(":3", ":0"))]
    assert sorted(ids) == ["res_1.0.0", "res_1.1.0", "res_1.2.0"]


async def collect(streams: EventStreams, batches: list[FirehoseBatch], start: str | None = None) -> None:
    async for batch in streams.firehose(start):
        batches.append(batch)


async def until(batches: list[FirehoseBatch], count: int) -> list[StreamEvent]:
    while sum(len(batch.events) for batch in batches) < count:
        await asyncio.sleep(0.005)
    return [item for batch in batches for item in batch.events]


async def test_the_firehose_has_every_event_after_its_first_batch(streams: EventStreams) -> None:
    await streams.append([publication(1)])
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    assert batches[0].events == [] and not batches[0].new_epoch
    positions = await streams.append([publication(2), publication(2, OPS), publication(2)])
    items = await until(batches, 2)
    assert [item.position for item in items] == positions[:2]
    assert [item.stream for item in items] == [RIDER, OPS]
    assert items[0] == (await streams.read(RIDER, f"{batches[0].epoch}:1"))[0]
    collecting.cancel()


async def test_an_event_for_several_streams_is_one_entry_of_the_firehose(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches, start="0-0"))
    people = [RIDER, "user:usr_driver", OPS]
    positions = await streams.append([publication(n, *people) for n in (1, 2)])
    assert await redis.call("XLEN", keys.firehose(0)) == 2
    items = await until(batches, 6)
    assert [item.stream for item in items] == people * 2
    assert [item.position for item in items] == positions
    assert [item.id for item in items] == ["res_1.1.0"] * 3 + ["res_1.2.0"] * 3
    assert {item.data for item in items[:3]} == {b'{"n":1}'}
    await streams.append([publication(2, *people)])
    assert await redis.call("XLEN", keys.firehose(0)) == 2
    collecting.cancel()


async def test_the_firehose_reports_a_new_epoch_and_loses_nothing_after_it(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await streams.append([publication(1)])
    await until(batches, 1)
    await redis.call("FLUSHALL")
    await streams.append([publication(2), publication(3)])
    items = await until(batches, 3)
    assert [item.id for item in items] == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]
    (began,) = [batch for batch in batches if batch.new_epoch]
    assert items[1].position == f"{began.epoch}:1"
    assert batches.index(began) == [i for i, b in enumerate(batches) if b.events][1] - 1
    collecting.cancel()


async def test_the_firehose_reports_a_new_epoch_without_events(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await redis.call("FLUSHALL")
    while not batches[-1].new_epoch:
        await asyncio.sleep(0.02)
    assert batches[-1].epoch == (await streams.current_positions([RIDER]))[RIDER].partition(":")[0]
    collecting.cancel()


async def test_the_firehose_survives_broken_connections(redis: RedisClient, streams: EventStreams) -> None:
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    for n in range(1, 31):
        await streams.append([publication(n)])
        if n % 10 == 0:
            await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert offsets(await until(batches, 30)) == list(range(1, 31))
    assert not any(batch.new_epoch for batch in batches)
    collecting.cancel()


async def test_the_firehose_skips_events_of_a_lost_epoch(redis: RedisClient, streams: EventStreams) -> None:
    batches: list[FirehoseBatch] = []
    await streams.append([publication(1)])
    await redis.call("DEL", keys.stream_positions())
    collecting = asyncio.create_task(collect(streams, batches, start="0-0"))
    await streams.append([publication(2)])
    assert [item.id for item in await until(batches, 1)] == ["res_1.2.0"]
    collecting.cancel()


async def test_several_firehoses_keep_the_order_of_streams_and_report_a_new_epoch_once(
    redis: RedisClient,
) -> None:
    people = [f"user:usr_{n}" for n in range(12)]
    streams = EventStreams(redis, StreamSettings(firehoses=3))
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await asyncio.gather(
        *(streams.append([publication(n, person) for n in range(1, 31)]) for person in people)
    )
    items = await until(batches, 30 * len(people))
    assert {person: offsets([i for i in items if i.stream == person]) for person in people} == {
        person: list(range(1, 31)) for person in people
    }
    assert all([await redis.call("XLEN", keys.firehose(n)) for n in range(3)])

    await redis.call("FLUSHALL")
    await streams.append([publication(31, person) for person in people])
    items = await until(batches, 31 * len(people))
    assert {item.stream for item in items[-len(people) :]} == set(people)
    assert [batch.new_epoch for batch in batches].count(True) == 1
    collecting.cancel()


async def test_data_is_returned_byte_for_byte(streams: EventStreams) -> None:
    data = msgspec.json.encode({"text": "naïve \x00 ünd"})
    (position,) = await streams.append([Publication((RIDER,), "e", "n", "t", data)])
    assert position is not None
    assert (await streams.read(RIDER, position.replace(":1", ":0")))[0].data == data


CAUSE = b'{"request_id":"req-1 a","traceparent":"00-4bf9-00f0-01"}'


async def test_the_firehose_has_the_cause_of_an_event(streams: EventStreams) -> None:
    await streams.append([publication(0)])
    caused = msgspec.structs.replace(publication(1, RIDER, OPS), cause=CAUSE)
    await streams.append([caused, publication(2)])
    batches: list[FirehoseBatch] = []
    collecting = asyncio.create_task(collect(streams, batches, "0-0"))
    received = await until(batches, 4)
    collecting.cancel()
    assert [(event.stream, event.cause) for event in received] == [
        (RIDER, b""), (RIDER, CAUSE), (OPS, CAUSE), (RIDER, b""),
    ]  # fmt: skip
    (item,) = await streams.read(OPS, received[2].position.replace(":1", ":0"))
    assert (item.id, item.cause) == (caused.event_id, b"")


async def test_an_older_release_delivers_a_cause_to_nobody(streams: EventStreams, redis: RedisClient) -> None:
    """It takes what follows the data for pairs of a stream and a position of its epoch."""
    await streams.append([msgspec.structs.replace(publication(1, RIDER, OPS), cause=CAUSE)])
    [(_, fields)] = await redis.call("XRANGE", keys.firehose(0), "-", "+")
    _, event_id, _, _name, _, _at, _, data, *places = fields
    assert (event_id, data) == (b"res_1.1.0", b'{"n":1}')
    assert places[0::2] == [b"", RIDER.encode(), OPS.encode()]
    epoch = (await streams.current_positions([RIDER]))[RIDER].partition(":")[0]
    assert all(position.startswith(f"{epoch}:".encode()) for position in places[1::2])

"""Streams: each event once, numbered without gaps, and what a reader is told when it cannot be."""

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


def entry(n: int, *streams: str) -> Publication:
    at, data = "2026-11-02T16:00:00Z", b'{"n":%d}' % n
    return Publication(streams or (RIDER,), f"res_1.{n}.0", "rescue:status_update", at, data)


@pytest.fixture
def streams(redis: RedisClient) -> EventStreams:
    return EventStreams(redis, StreamSettings(user_events=10, ops_events=20, firehose_events=100))


def seqs(items: list[StreamEvent]) -> list[int]:
    return [int(item.position.partition(":")[2]) for item in items]


async def test_an_event_is_read_as_it_was_appended(streams: EventStreams) -> None:
    (before,) = (await streams.current_positions([RIDER])).values()
    (cursor,) = await streams.append([entry(1)])
    (item,) = await streams.read(RIDER, before)
    assert item == StreamEvent(
        RIDER, cursor or "", "res_1.1.0", "rescue:status_update", "2026-11-02T16:00:00Z", b'{"n":1}'
    )
    assert before.endswith(":0")
    assert item.position == before.replace(":0", ":1")


async def test_a_repeat_is_dropped_and_takes_no_number(streams: EventStreams) -> None:
    first = await streams.append([entry(1), entry(1), entry(2)])
    assert first[1] is None
    assert await streams.append([entry(2), entry(1), entry(3)])
    head = (await streams.current_positions([RIDER]))[RIDER]
    assert head.endswith(":3")
    items = await streams.read(RIDER, head.replace(":3", ":0"))
    assert [item.id for item in items] == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]
    assert seqs(items) == [1, 2, 3]


async def test_each_stream_has_numbers_of_its_own(streams: EventStreams) -> None:
    cursors = await streams.append([entry(1), entry(1, OPS), entry(2, OPS)])
    assert [cursor and cursor.partition(":")[2] for cursor in cursors] == ["1", "1", "2"]
    heads = await streams.current_positions([RIDER, OPS, "user:usr_nobody"])
    assert [heads[s].partition(":")[2] for s in (RIDER, OPS, "user:usr_nobody")] == ["1", "2", "0"]
    assert len({head.partition(":")[0] for head in heads.values()}) == 1


async def test_an_event_for_several_streams_is_repeated_to_those_that_have_it_not(
    streams: EventStreams,
) -> None:
    driver = "user:usr_driver"
    first = await streams.append([entry(1, RIDER, OPS)])
    repeated = await streams.append([entry(1, RIDER, driver, OPS)])
    assert [cursor is None for cursor in repeated] == [True, False, True]
    assert await streams.append([entry(1, driver, OPS), entry(1)]) == [None, None, None]
    heads = await streams.current_positions([RIDER, OPS, driver])
    assert list(heads.values()) == [first[0], first[1], repeated[1]]


async def test_a_streams_name_that_is_part_of_anothers_is_another(streams: EventStreams) -> None:
    names = ["user:usr_1", "user:usr_11", "r:usr_1", "user:usr_"]
    for name in names:
        (cursor,) = await streams.append([entry(1, name)])
        assert cursor is not None


async def test_an_event_may_say_something_else_to_somebody(streams: EventStreams) -> None:
    lost = msgspec.structs.replace(entry(1, "user:usr_lost"), data=b'"exchanged"')
    cursors = await streams.append([entry(1, RIDER, OPS), lost])
    assert None not in cursors
    (item,) = await streams.read("user:usr_lost", (cursors[2] or "").replace(":1", ":0"))
    assert item.data == b'"exchanged"'
    assert await streams.append([entry(1, RIDER, OPS), lost]) == [None, None, None]


async def test_a_reader_that_was_away_catches_up_in_pages(streams: EventStreams) -> None:
    await streams.append([entry(n, OPS) for n in range(1, 9)])
    cursor = (await streams.current_positions([OPS]))[OPS].replace(":8", ":2")
    read: list[StreamEvent] = []
    while page := await streams.read(OPS, cursor, limit=4):
        read += page
        cursor = page[-1].position
    assert seqs(read) == [3, 4, 5, 6, 7, 8]


async def test_more_than_is_kept_resets_to_the_head(streams: EventStreams) -> None:
    await streams.append([entry(n) for n in range(1, 16)])  # ten are kept
    head = (await streams.current_positions([RIDER]))[RIDER]
    assert seqs(await streams.read(RIDER, head.replace(":15", ":5"))) == list(range(6, 16))
    with pytest.raises(StreamReset) as reset:
        await streams.read(RIDER, head.replace(":15", ":4"))
    assert reset.value.position == head


async def test_operators_streams_keep_more(streams: EventStreams) -> None:
    await streams.append([entry(n, OPS) for n in range(1, 16)])
    head = (await streams.current_positions([OPS]))[OPS]
    assert len(await streams.read(OPS, head.replace(":15", ":0"))) == 15


@pytest.mark.parametrize(("old", "kept"), [(12, 4), (60, 32)])
async def test_events_older_than_the_keeping_time_go_at_every_16th(
    redis: RedisClient, old: int, kept: int
) -> None:
    streams = EventStreams(redis, StreamSettings())
    await streams.append([entry(n) for n in range(1, old + 1)])
    await redis.call("DEL", keys.stream(RIDER))
    for n in range(1, old + 1):  # as they would be after two hours of a stream that is in use
        await redis.call("XADD", keys.stream(RIDER), f"{n}-1", "id", n, "name", "x", "at", "x", "data", "x")
    await streams.append([entry(n) for n in range(old + 1, old + 4)])
    assert await redis.call("XLEN", keys.stream(RIDER)) == old + 3
    await streams.append([entry(old + 4)])
    assert await redis.call("XLEN", keys.stream(RIDER)) == kept  # two go for each that came
    assert 0 < await redis.call("TTL", keys.stream(RIDER)) <= 3600


async def test_an_idle_stream_that_expired_misses_nothing_for_who_had_all(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([entry(1), entry(2)])
    await redis.call("DEL", keys.stream(RIDER))
    head = (await streams.current_positions([RIDER]))[RIDER]
    assert await streams.read(RIDER, head) == []
    with pytest.raises(StreamReset):
        await streams.read(RIDER, head.replace(":2", ":1"))


@pytest.mark.parametrize("cursor", ["", "nonsense", "a:b", ":", "x:-1", "x:1e3", "x:" + "9" * 40])
async def test_what_is_no_cursor_of_ours_resets(streams: EventStreams, cursor: str) -> None:
    with pytest.raises(StreamReset):
        await streams.read(RIDER, cursor)


async def test_a_cursor_ahead_of_the_stream_resets(streams: EventStreams) -> None:
    head = (await streams.current_positions([RIDER]))[RIDER]
    with pytest.raises(StreamReset):
        await streams.read(RIDER, head.replace(":0", ":1"))


async def test_a_wiped_redis_begins_another_epoch(redis: RedisClient, streams: EventStreams) -> None:
    (old,) = await streams.append([entry(1)])
    await redis.call("FLUSHALL")
    (new,) = await streams.append([entry(2)])
    assert old is not None and new is not None
    assert old.partition(":")[2] == new.partition(":")[2] == "1"
    assert old.partition(":")[0] != new.partition(":")[0]
    with pytest.raises(StreamReset) as reset:
        await streams.read(RIDER, old)
    assert reset.value.position == new


async def test_numbers_lost_without_their_stream_do_not_mix_epochs(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([entry(n) for n in range(1, 6)])
    await redis.call("DEL", keys.stream_positions())
    (cursor,) = await streams.append([entry(6)])
    assert cursor is not None
    (item,) = await streams.read(RIDER, cursor.replace(":1", ":0"))
    assert item.id == "res_1.6.0"


async def test_appenders_at_once_leave_no_gap(redis_server: EmbeddedRedis, streams: EventStreams) -> None:
    async def append(start: int, client: RedisClient) -> None:
        own = EventStreams(client, StreamSettings())
        for n in range(start, start + 150, 3):
            await own.append([entry(m, OPS) for m in (n, n + 1, n + 2)])

    async with RedisClient(redis_server.url) as one, RedisClient(redis_server.url) as two:
        await asyncio.gather(append(1, one), append(76, two))  # they overlap by half
        head = (await streams.current_positions([OPS]))[OPS]
        items = await EventStreams(one, StreamSettings()).read(OPS, head.split(":")[0] + ":0", limit=1000)
    assert seqs(items) == list(range(1, 226))
    assert len({item.id for item in items}) == 225


async def scripts_run(redis: RedisClient) -> int:
    stats = await redis.call("INFO", "commandstats", decode=True)
    return sum(
        int(line.partition("calls=")[2].partition(",")[0])
        for line in stats.splitlines()
        if line.startswith(("cmdstat_eval:", "cmdstat_evalsha:"))
    )


async def test_what_is_appended_in_one_turn_shares_a_script_call_and_each_gets_its_own_cursors(
    redis: RedisClient, streams: EventStreams
) -> None:
    await streams.append([entry(1)])
    before = await scripts_run(redis)
    one, two, three = await asyncio.gather(
        streams.append([entry(2, RIDER, OPS)]),
        streams.append([entry(1), entry(3, OPS)]),
        streams.append([entry(2, OPS), entry(4, OPS)]),
    )
    assert await scripts_run(redis) == before + 1
    numbers = [[cursor and cursor.partition(":")[2] for cursor in cursors] for cursors in (one, two, three)]
    assert numbers == [["2", "1"], [None, "2"], [None, "3"]]


async def test_more_than_a_script_call_takes_is_several_and_in_order(
    redis: RedisClient, streams: EventStreams
) -> None:
    streams = EventStreams(redis, StreamSettings())
    many = [[entry(30 * who + n) for n in range(30)] for who in range(5)]
    cursors = await asyncio.gather(*(streams.append(some) for some in many))
    assert [int((cursor or "").partition(":")[2]) for some in cursors for cursor in some] == [*range(1, 151)]


@pytest.mark.usefixtures("redis")  # emptied
async def test_an_append_without_redis_fails_for_all_who_share_it_and_may_be_repeated(
    redis_server: EmbeddedRedis,
) -> None:
    async with RedisClient(redis_server.url) as client:
        streams = EventStreams(client, StreamSettings())
        appends = [[entry(n)] for n in (1, 2, 3)]
        await client.close()
        failed = await asyncio.gather(*(streams.append(some) for some in appends), return_exceptions=True)
        assert [isinstance(outcome, RedisUnavailable) for outcome in failed] == [True] * 3
        await client.open()
        await asyncio.gather(*(streams.append(some) for some in appends))
        head = (await streams.current_positions([RIDER]))[RIDER]
        ids = [item.id for item in await streams.read(RIDER, head.replace(":3", ":0"))]
    assert ids == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]


@pytest.mark.parametrize("bad", [0, 1, 2])
async def test_what_one_cannot_append_keeps_nobody_back(
    redis: RedisClient, streams: EventStreams, bad: int
) -> None:
    await redis.call("HSET", keys.stream_positions(), "", "epoch", "user:usr_bad", "no number")
    appends = [[entry(n)] for n in range(3)]
    appends[bad] = [entry(9, "user:usr_bad")]
    outcomes = await asyncio.gather(*(streams.append(some) for some in appends), return_exceptions=True)
    assert [isinstance(outcome, RedisReplyError) for outcome in outcomes] == [n == bad for n in range(3)]
    head = (await streams.current_positions([RIDER]))[RIDER]
    ids = [item.id for item in await streams.read(RIDER, head.replace(":2", ":0"))]
    assert sorted(ids) == [f"res_1.{n}.0" for n in range(3) if n != bad]


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_who_goes_while_others_append_with_them_harms_nobody(streams: EventStreams, gone: int) -> None:
    appends = [asyncio.create_task(streams.append([entry(n)])) for n in range(3)]
    await asyncio.sleep(0)
    appends[gone].cancel()
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [
        n == gone for n in range(3)
    ]
    await streams.append([entry(gone)])
    head = (await streams.current_positions([RIDER]))[RIDER]
    ids = [item.id for item in await streams.read(RIDER, head.replace(":3", ":0"))]
    assert sorted(ids) == ["res_1.0.0", "res_1.1.0", "res_1.2.0"]


async def heard(streams: EventStreams, batches: list[FirehoseBatch], start: str | None = None) -> None:
    async for batch in streams.firehose(start):
        batches.append(batch)


async def until(batches: list[FirehoseBatch], count: int) -> list[StreamEvent]:
    while sum(len(batch.events) for batch in batches) < count:
        await asyncio.sleep(0.005)
    return [item for batch in batches for item in batch.events]


async def test_the_firehose_brings_every_stream_from_its_first_batch_on(streams: EventStreams) -> None:
    await streams.append([entry(1)])
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    assert batches[0].events == [] and not batches[0].new_epoch
    cursors = await streams.append([entry(2), entry(2, OPS), entry(2)])
    items = await until(batches, 2)
    assert [item.position for item in items] == cursors[:2]
    assert [item.stream for item in items] == [RIDER, OPS]
    assert items[0] == (await streams.read(RIDER, f"{batches[0].epoch}:1"))[0]
    hearing.cancel()


async def test_an_event_for_several_streams_is_one_entry_of_the_firehose(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches, start="0-0"))
    people = [RIDER, "user:usr_driver", OPS]
    cursors = await streams.append([entry(n, *people) for n in (1, 2)])
    assert await redis.call("XLEN", keys.firehose(0)) == 2
    items = await until(batches, 6)
    assert [item.stream for item in items] == people * 2
    assert [item.position for item in items] == cursors
    assert [item.id for item in items] == ["res_1.1.0"] * 3 + ["res_1.2.0"] * 3
    assert {item.data for item in items[:3]} == {b'{"n":1}'}
    await streams.append([entry(2, *people)])
    assert await redis.call("XLEN", keys.firehose(0)) == 2
    hearing.cancel()


async def test_the_firehose_tells_of_a_wipe_and_loses_nothing_after_it(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await streams.append([entry(1)])
    await until(batches, 1)
    await redis.call("FLUSHALL")
    await streams.append([entry(2), entry(3)])
    items = await until(batches, 3)
    assert [item.id for item in items] == ["res_1.1.0", "res_1.2.0", "res_1.3.0"]
    (began,) = [batch for batch in batches if batch.new_epoch]
    assert items[1].position == f"{began.epoch}:1"
    assert batches.index(began) == [i for i, b in enumerate(batches) if b.events][1] - 1
    hearing.cancel()


async def test_the_firehose_tells_of_a_wipe_after_which_nothing_happens(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await redis.call("FLUSHALL")
    while not batches[-1].new_epoch:
        await asyncio.sleep(0.02)
    assert batches[-1].epoch == (await streams.current_positions([RIDER]))[RIDER].partition(":")[0]
    hearing.cancel()


async def test_the_firehose_survives_breaks_of_its_connection(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    for n in range(1, 31):
        await streams.append([entry(n)])
        if n % 10 == 0:
            await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert seqs(await until(batches, 30)) == list(range(1, 31))
    assert not any(batch.new_epoch for batch in batches)
    hearing.cancel()


async def test_the_firehose_skips_what_a_lost_epoch_left_behind(
    redis: RedisClient, streams: EventStreams
) -> None:
    batches: list[FirehoseBatch] = []
    await streams.append([entry(1)])
    await redis.call("DEL", keys.stream_positions())
    hearing = asyncio.create_task(heard(streams, batches, start="0-0"))
    await streams.append([entry(2)])
    assert [item.id for item in await until(batches, 1)] == ["res_1.2.0"]
    hearing.cancel()


async def test_several_firehoses_bring_every_stream_in_its_order_and_tell_of_a_wipe_once(
    redis: RedisClient,
) -> None:
    people = [f"user:usr_{n}" for n in range(12)]
    streams = EventStreams(redis, StreamSettings(firehoses=3))
    batches: list[FirehoseBatch] = []
    hearing = asyncio.create_task(heard(streams, batches))
    while not batches:
        await asyncio.sleep(0.005)
    await asyncio.gather(*(streams.append([entry(n, person) for n in range(1, 31)]) for person in people))
    items = await until(batches, 30 * len(people))
    assert {person: seqs([i for i in items if i.stream == person]) for person in people} == {
        person: list(range(1, 31)) for person in people
    }
    assert all([await redis.call("XLEN", keys.firehose(n)) for n in range(3)])

    await redis.call("FLUSHALL")
    await streams.append([entry(31, person) for person in people])
    items = await until(batches, 31 * len(people))
    assert {item.stream for item in items[-len(people) :]} == set(people)
    assert [batch.new_epoch for batch in batches].count(True) == 1
    hearing.cancel()


async def test_data_comes_back_byte_for_byte(streams: EventStreams) -> None:
    data = msgspec.json.encode({"text": "naïve \x00 ünd"})
    (cursor,) = await streams.append([Publication((RIDER,), "e", "n", "t", data)])
    assert cursor is not None
    assert (await streams.read(RIDER, cursor.replace(":1", ":0")))[0].data == data

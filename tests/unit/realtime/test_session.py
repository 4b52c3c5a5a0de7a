"""A session emits each event of its streams once and in order, whatever it hears and misses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from supportcarr.kit.events.stream_types import StreamEvent, StreamReset, parse_position
from supportcarr.kit.redis.errors import RedisUnavailable
from supportcarr.realtime.client_session import (
    BackpressureLimits,
    ClientSession,
    LiveEvent,
    SlowClient,
)

A, B = "user:a", "ops:b"
EPOCH = "e1"


class FakeLog:
    """The streams in Redis; ``away`` many reads fail first."""

    def __init__(self, epoch: str = EPOCH) -> None:
        self.epoch = epoch
        self.items: dict[str, list[StreamEvent]] = {}
        self.trimmed = 0  # events of each stream that are gone
        self.away = 0
        self.reads = 0

    def append(self, stream: str, count: int = 1) -> list[StreamEvent]:
        known = self.items.setdefault(stream, [])
        fresh = [self._item(stream, len(known) + n + 1) for n in range(count)]
        known += fresh
        return fresh

    def _item(self, stream: str, seq: int) -> StreamEvent:
        cursor = f"{self.epoch}:{seq}"
        return StreamEvent(stream, cursor, f"{stream}.{cursor}", "x:y", "2026-11-23T21:00:00Z", b"{}")

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]:
        self._answer()
        return {stream: f"{self.epoch}:{len(self.items.get(stream, ()))}" for stream in streams}

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        self._answer()
        self.reads += 1
        epoch, seq = parse_position(after)
        items = self.items.get(stream, [])
        gone = seq < self.trimmed and seq != len(items)
        if epoch != self.epoch or seq > len(items) or gone:
            raise StreamReset(stream, f"{self.epoch}:{len(items)}")
        return items[seq : seq + limit]

    def _answer(self) -> None:
        if self.away > 0:
            self.away -= 1
            raise RedisUnavailable("away")


class FakeWire:
    def __init__(self) -> None:
        self.frames: list[tuple[str, Any]] = []
        self.full = 0
        self.takes: int | None = None  # frames until it is full

    def queued(self) -> int:
        if self.takes is not None and len(self.frames) >= self.takes:
            return BOUNDS.pause_above
        return self.full

    async def send(self, frame: str) -> None:
        name, data = json.loads(frame[1:])
        self.frames.append((name, data))

    async def close(self) -> None:
        pass

    def seqs(self, stream: str = A) -> list[int]:
        return [parse_position(data["cursor"])[1] for _, data in self.frames if data.get("stream") == stream]

    def names(self) -> list[str]:
        return [name for name, _ in self.frames]


BOUNDS = BackpressureLimits(
    inbox_size=4, read_limit=3, retry_seconds=0.001, poll_seconds=0.001, stall_timeout_seconds=0.2
)


class Running:
    """A session whose pump runs."""

    def __init__(
        self, log: FakeLog, since: dict[str, str] | None = None, streams: Sequence[str] = (A,)
    ) -> None:
        self.wire = FakeWire()
        self.session = ClientSession(self.wire, streams, log, BOUNDS)
        self._since = since or {}

    async def __aenter__(self) -> Running:
        self.pump = asyncio.create_task(self.session.run(self._since))
        await self.settled()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.pump.cancel()
        await asyncio.gather(self.pump, return_exceptions=True)

    async def settled(self) -> None:
        """Let the pump do all that is due."""
        for _ in range(40):
            await asyncio.sleep(0)
        while (
            self.session.has_pending_work and not self.pump.done() and self.wire.queued() < BOUNDS.pause_above
        ):
            await asyncio.sleep(0.001)

    def hear(self, items: Sequence[StreamEvent]) -> None:
        for item in items:
            self.session.on_event(LiveEvent(item))


async def test_heads_come_first_even_if_events_are_heard_before() -> None:
    log = FakeLog()
    log.append(A, 2)
    running = Running(log)
    running.hear(log.append(A))
    async with running:
        running.hear(log.append(A))
        await running.settled()
    assert running.wire.frames[0] == ("stream:heads", {"heads": {A: "e1:3"}})
    assert running.wire.seqs() == [4]


async def test_what_is_heard_twice_or_late_is_dropped() -> None:
    log = FakeLog()
    async with Running(log) as running:
        first, second = log.append(A, 2)
        running.hear([first, first, second, first])
        await running.settled()
    assert running.wire.seqs() == [1, 2]
    assert log.reads == 0, "nothing had to be read"


async def test_a_gap_is_read_before_what_comes_after_it() -> None:
    log = FakeLog()
    async with Running(log) as running:
        items = log.append(A, 6)
        running.hear(items[5:])
        await running.settled()
    assert running.wire.seqs() == [1, 2, 3, 4, 5, 6]


async def test_what_finds_no_place_in_the_inbox_is_read_instead() -> None:
    log = FakeLog()
    async with Running(log) as running:
        running.hear(log.append(A, 20))
        await running.settled()
    assert running.wire.seqs() == list(range(1, 21))


async def test_heads_bring_back_what_the_node_never_heard() -> None:
    log = FakeLog()
    async with Running(log) as running:
        log.append(A, 3)
        running.session.on_positions(await log.current_positions([A, B]))
        await running.settled()
    assert running.wire.seqs() == [1, 2, 3]
    assert running.wire.frames[-1] == ("stream:heads", {"heads": {A: "e1:3"}})


async def test_the_heads_of_others_mean_nothing() -> None:
    log = FakeLog()
    log.append(B, 5)
    async with Running(log) as running:
        log.append(B, 5)
        running.session.on_positions(await log.current_positions([A, B]))
        await running.settled()
    assert running.wire.seqs(B) == []
    assert all(B not in data.get("heads", {}) for _, data in running.wire.frames)


async def test_a_stream_that_is_not_its_own_is_refused() -> None:
    log = FakeLog()
    log.append(B, 5)
    async with Running(log) as running:
        assert not running.session.on_sync({A: "e1:0", B: "e1:0"})
        await running.settled()
    assert running.wire.names() == ["stream:heads"]


async def test_since_replays_and_sync_replays_again() -> None:
    log = FakeLog()
    log.append(A, 4)
    async with Running(log, {A: "e1:2"}) as running:
        assert running.wire.seqs() == [3, 4]
        assert running.session.on_sync({A: "e1:1"})
        await running.settled()
    assert running.wire.seqs() == [3, 4, 2, 3, 4]


async def test_sync_for_what_is_on_its_way_sends_nothing_twice() -> None:
    log = FakeLog()
    log.append(A, 9)
    running = Running(log, {A: "e1:2"})
    running.wire.takes = 3  # then it is full: the replay has begun and waits
    async with running:
        assert running.wire.seqs() == [3, 4]
        assert running.session.on_sync({A: "e1:2"})
        assert running.session.on_sync({A: "e1:4"})
        running.wire.takes = None
        await running.settled()
    assert running.wire.seqs() == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("cursor", ["e0:1", "e1:99", "what", ":", "e1:-1"])
async def test_a_cursor_that_cannot_be_replayed_is_reset(cursor: str) -> None:
    log = FakeLog()
    log.append(A, 4)
    async with Running(log, {A: cursor}) as running:
        running.hear(log.append(A))
        await running.settled()
    assert running.wire.frames[1] == ("stream:reset", {"heads": {A: "e1:4"}})
    assert running.wire.seqs() == [5]


async def test_what_was_trimmed_resets_that_stream_alone() -> None:
    log = FakeLog()
    log.append(A, 9)
    log.append(B, 9)
    log.trimmed = 5
    async with Running(log, {A: "e1:2", B: "e1:7"}, (A, B)) as running:
        pass
    assert ("stream:reset", {"heads": {A: "e1:9"}}) in running.wire.frames
    assert (running.wire.seqs(A), running.wire.seqs(B)) == ([], [8, 9])


async def test_a_new_epoch_resets_every_stream_and_begins_anew() -> None:
    log = FakeLog()
    log.append(A, 3)
    async with Running(log, streams=(A, B)) as running:
        log.epoch, log.items = "e2", {}
        (one,) = log.append(A)
        running.hear([one])
        running.session.on_new_epoch("e2")
        await running.settled()
        running.hear(log.append(A))
        running.hear(log.append(B))
        await running.settled()
    assert running.wire.names() == ["stream:heads", "stream:reset", "x:y", "x:y"]
    assert running.wire.frames[1] == ("stream:reset", {"heads": {A: "e2:1", B: "e2:0"}})
    assert (running.wire.seqs(A), running.wire.seqs(B)) == ([2], [1])


async def test_numbers_that_went_back_reset() -> None:
    log = FakeLog()
    log.append(A, 5)
    async with Running(log) as running:
        del log.items[A][3:]
        running.session.on_positions(await log.current_positions([A]))
        await running.settled()
    assert running.wire.frames[1] == ("stream:reset", {"heads": {A: "e1:3"}})


async def test_a_redis_that_is_away_is_asked_again() -> None:
    log = FakeLog()
    log.append(A, 3)
    log.away = 3
    async with Running(log, {A: "e1:0"}) as running:
        log.away = 2
        log.append(A)
        running.hear(log.append(A))
        await running.settled()
    assert running.wire.seqs() == [1, 2, 3, 4, 5]


async def test_a_client_that_never_reads_is_given_up() -> None:
    log = FakeLog()
    async with Running(log) as running:
        running.wire.full = BOUNDS.pause_above
        running.hear(log.append(A))
        with pytest.raises(SlowClient):
            await running.pump


async def test_of_positions_the_latest_of_each_driver_waits_for_room() -> None:
    async with Running(FakeLog()) as running:
        running.wire.full = BOUNDS.skip_locations_above
        for n in range(5):
            running.session.on_location("d1", f'2["p",{{"n":{n}}}]')
            running.session.on_location("d2", f'2["p",{{"n":{n + 10}}}]')
            await running.settled()
        assert running.wire.names() == ["stream:heads"]
        running.wire.full = 0
        running.session.on_location("d2", '2["p",{"n":15}]')
        await running.settled()
    assert running.wire.frames[1:] == [("p", {"n": 4}), ("p", {"n": 15})]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 6)),
        st.tuples(st.just("hear"), st.integers(0, 40)),
        st.tuples(st.just("heads"), st.just(0)),
        st.tuples(st.just("away"), st.integers(1, 3)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    max_size=30,
)


@given(steps=STEPS, missed=st.integers(0, 10))
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_is_heard_each_event_comes_once_and_in_order(
    steps: list[tuple[str, int]], missed: int
) -> None:
    async def live() -> tuple[FakeLog, FakeWire]:
        log = FakeLog()
        log.append(A, 10)
        async with Running(log, {A: f"e1:{10 - missed}"}) as running:
            for what, n in steps:
                if what == "append":
                    log.append(A, n)
                elif what == "hear":
                    running.hear(log.items[A][n : n + 2])
                elif what == "heads":
                    log.away = 0
                    running.session.on_positions(await log.current_positions([A]))
                elif what == "away":
                    log.away = n
                else:
                    await running.settled()
            log.away = 0
            running.session.on_positions(await log.current_positions([A]))
            await running.settled()
        return log, running.wire

    log, wire = asyncio.run(live())
    assert wire.seqs() == list(range(10 - missed + 1, len(log.items[A]) + 1))
    assert "stream:reset" not in wire.names()

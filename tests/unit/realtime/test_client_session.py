"""A session sends each event of its streams once and in order, whatever it receives and misses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
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


class FakeStreams:
    """Streams in memory; the next ``failures`` reads fail."""

    def __init__(self, epoch: str = EPOCH) -> None:
        self.epoch = epoch
        self.events: dict[str, list[StreamEvent]] = {}
        self.trimmed = 0  # events of each stream that are trimmed
        self.failures = 0
        self.reads = 0

    def append(self, stream: str, count: int = 1) -> list[StreamEvent]:
        known = self.events.setdefault(stream, [])
        new = [self._event(stream, len(known) + n + 1) for n in range(count)]
        known += new
        return new

    def _event(self, stream: str, offset: int) -> StreamEvent:
        position = f"{self.epoch}:{offset}"
        return StreamEvent(stream, position, f"{stream}.{position}", "x:y", "2026-11-23T21:00:00Z", b"{}")

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]:
        self._fail_if_unavailable()
        return {stream: f"{self.epoch}:{len(self.events.get(stream, ()))}" for stream in streams}

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        self._fail_if_unavailable()
        self.reads += 1
        epoch, offset = parse_position(after)
        events = self.events.get(stream, [])
        trimmed = offset < self.trimmed and offset != len(events)
        if epoch != self.epoch or offset > len(events) or trimmed:
            raise StreamReset(stream, f"{self.epoch}:{len(events)}")
        return events[offset : offset + limit]

    def _fail_if_unavailable(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise RedisUnavailable("unavailable")


class FakeTransport:
    def __init__(self) -> None:
        self.frames: list[tuple[str, Any]] = []
        self.full = 0
        self.accepts: int | None = None  # frames until it is full

    def queued(self) -> int:
        if self.accepts is not None and len(self.frames) >= self.accepts:
            return LIMITS.pause_above
        return self.full

    async def send(self, frame: str) -> None:
        name, data = json.loads(frame[1:])
        self.frames.append((name, data))

    async def close(self) -> None:
        pass

    def offsets(self, stream: str = A) -> list[int]:
        return [parse_position(data["cursor"])[1] for _, data in self.frames if data.get("stream") == stream]

    def names(self) -> list[str]:
        return [name for name, _ in self.frames]


LIMITS = BackpressureLimits(
    inbox_size=4, read_limit=3, retry_seconds=0.001, poll_seconds=0.001, stall_timeout_seconds=3600
)


class RunningSession:
    """A session whose ``run`` is running."""

    def __init__(
        self,
        stored: FakeStreams,
        since: dict[str, str] | None = None,
        streams: Sequence[str] = (A,),
        limits: BackpressureLimits = LIMITS,
    ) -> None:
        self.transport = FakeTransport()
        self.session = ClientSession(self.transport, streams, stored, limits)
        self._since = since or {}

    async def __aenter__(self) -> RunningSession:
        self.task = asyncio.create_task(self.session.run(self._since))
        await self.settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def settle(self) -> None:
        """Let the session do all pending work."""
        for _ in range(40):
            await asyncio.sleep(0)
        while (
            self.session.has_pending_work
            and not self.task.done()
            and self.transport.queued() < LIMITS.pause_above
        ):
            await asyncio.sleep(0.001)

    def receive(self, events: Sequence[StreamEvent]) -> None:
        for event in events:
            self.session.on_event(LiveEvent(event))


async def test_positions_are_sent_first_even_if_events_arrived_before() -> None:
    stored = FakeStreams()
    stored.append(A, 2)
    running = RunningSession(stored)
    running.receive(stored.append(A))
    async with running:
        running.receive(stored.append(A))
        await running.settle()
    assert running.transport.frames[0] == ("stream:heads", {"heads": {A: "e1:3"}})
    assert running.transport.offsets() == [4]


async def test_events_received_twice_or_late_are_dropped() -> None:
    stored = FakeStreams()
    async with RunningSession(stored) as running:
        first, second = stored.append(A, 2)
        running.receive([first, first, second, first])
        await running.settle()
    assert running.transport.offsets() == [1, 2]
    assert stored.reads == 0, "no read was needed"


async def test_missing_events_are_read_before_later_ones_are_sent() -> None:
    stored = FakeStreams()
    async with RunningSession(stored) as running:
        events = stored.append(A, 6)
        running.receive(events[5:])
        await running.settle()
    assert running.transport.offsets() == [1, 2, 3, 4, 5, 6]


async def test_events_beyond_the_inbox_are_read_from_the_stream() -> None:
    stored = FakeStreams()
    async with RunningSession(stored) as running:
        running.receive(stored.append(A, 20))
        await running.settle()
    assert running.transport.offsets() == list(range(1, 21))


async def test_a_broadcast_of_positions_repairs_events_never_received() -> None:
    stored = FakeStreams()
    async with RunningSession(stored) as running:
        stored.append(A, 3)
        running.session.on_positions(await stored.current_positions([A, B]))
        await running.settle()
    assert running.transport.offsets() == [1, 2, 3]
    assert running.transport.frames[-1] == ("stream:heads", {"heads": {A: "e1:3"}})


async def test_positions_of_other_streams_are_ignored() -> None:
    stored = FakeStreams()
    stored.append(B, 5)
    async with RunningSession(stored) as running:
        stored.append(B, 5)
        running.session.on_positions(await stored.current_positions([A, B]))
        await running.settle()
    assert running.transport.offsets(B) == []
    assert all(B not in data.get("heads", {}) for _, data in running.transport.frames)


async def test_a_sync_of_a_foreign_stream_is_refused() -> None:
    stored = FakeStreams()
    stored.append(B, 5)
    async with RunningSession(stored) as running:
        assert not running.session.on_sync({A: "e1:0", B: "e1:0"})
        await running.settle()
    assert running.transport.names() == ["stream:heads"]


async def test_since_replays_and_sync_replays_again() -> None:
    stored = FakeStreams()
    stored.append(A, 4)
    async with RunningSession(stored, {A: "e1:2"}) as running:
        assert running.transport.offsets() == [3, 4]
        assert running.session.on_sync({A: "e1:1"})
        await running.settle()
    assert running.transport.offsets() == [3, 4, 2, 3, 4]


async def test_a_sync_during_a_replay_sends_nothing_twice() -> None:
    stored = FakeStreams()
    stored.append(A, 9)
    running = RunningSession(stored, {A: "e1:2"})
    running.transport.accepts = 3  # then it is full: the replay has begun and waits
    async with running:
        assert running.transport.offsets() == [3, 4]
        assert running.session.on_sync({A: "e1:2"})
        assert running.session.on_sync({A: "e1:4"})
        running.transport.accepts = None
        await running.settle()
    assert running.transport.offsets() == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("position", ["e0:1", "e1:99", "what", ":", "e1:-1"])
async def test_a_position_that_cannot_be_replayed_causes_a_reset(position: str) -> None:
    stored = FakeStreams()
    stored.append(A, 4)
    async with RunningSession(stored, {A: position}) as running:
        running.receive(stored.append(A))
        await running.settle()
    assert running.transport.frames[1] == ("stream:reset", {"heads": {A: "e1:4"}})
    assert running.transport.offsets() == [5]


async def test_trimmed_events_reset_that_stream_only() -> None:
    stored = FakeStreams()
    stored.append(A, 9)
    stored.append(B, 9)
    stored.trimmed = 5
    async with RunningSession(stored, {A: "e1:2", B: "e1:7"}, (A, B)) as running:
        pass
    assert ("stream:reset", {"heads": {A: "e1:9"}}) in running.transport.frames
    assert (running.transport.offsets(A), running.transport.offsets(B)) == ([], [8, 9])


async def test_a_new_epoch_resets_every_stream() -> None:
    stored = FakeStreams()
    stored.append(A, 3)
    async with RunningSession(stored, streams=(A, B)) as running:
        stored.epoch, stored.events = "e2", {}
        (one,) = stored.append(A)
        running.receive([one])
        running.session.on_new_epoch("e2")
        await running.settle()
        running.receive(stored.append(A))
        running.receive(stored.append(B))
        await running.settle()
    assert running.transport.names() == ["stream:heads", "stream:reset", "x:y", "x:y"]
    assert running.transport.frames[1] == ("stream:reset", {"heads": {A: "e2:1", B: "e2:0"}})
    assert (running.transport.offsets(A), running.transport.offsets(B)) == ([2], [1])


async def test_offsets_that_decreased_cause_a_reset() -> None:
    stored = FakeStreams()
    stored.append(A, 5)
    async with RunningSession(stored) as running:
        del stored.events[A][3:]
        running.session.on_positions(await stored.current_positions([A]))
        await running.settle()
    assert running.transport.frames[1] == ("stream:reset", {"heads": {A: "e1:3"}})


async def test_reads_are_retried_while_redis_is_unavailable() -> None:
    stored = FakeStreams()
    stored.append(A, 3)
    stored.failures = 3
    async with RunningSession(stored, {A: "e1:0"}) as running:
        stored.failures = 2
        stored.append(A)
        running.receive(stored.append(A))
        await running.settle()
    assert running.transport.offsets() == [1, 2, 3, 4, 5]


async def test_a_client_that_never_reads_ends_the_session() -> None:
    stored = FakeStreams()
    async with RunningSession(stored, limits=replace(LIMITS, stall_timeout_seconds=0.1)) as running:
        running.transport.full = LIMITS.pause_above
        running.receive(stored.append(A))
        with pytest.raises(SlowClient):
            await running.task


async def test_only_the_latest_location_of_each_driver_waits_for_room() -> None:
    async with RunningSession(FakeStreams()) as running:
        running.transport.full = LIMITS.skip_locations_above
        for n in range(5):
            running.session.on_location("d1", f'2["p",{{"n":{n}}}]')
            running.session.on_location("d2", f'2["p",{{"n":{n + 10}}}]')
            await running.settle()
        assert running.transport.names() == ["stream:heads"]
        running.transport.full = 0
        running.session.on_location("d2", '2["p",{"n":15}]')
        await running.settle()
    assert running.transport.frames[1:] == [("p", {"n": 4}), ("p", {"n": 15})]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 6)),
        st.tuples(st.just("receive"), st.integers(0, 40)),
        st.tuples(st.just("heads"), st.just(0)),
        st.tuples(st.just("failures"), st.integers(1, 3)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    max_size=30,
)


@given(steps=STEPS, missed=st.integers(0, 10))
@hypothesis_settings(max_examples=60, deadline=None)
def test_each_event_is_sent_once_and_in_order_whatever_is_received(
    steps: list[tuple[str, int]], missed: int
) -> None:
    async def live() -> tuple[FakeStreams, FakeTransport]:
        stored = FakeStreams()
        stored.append(A, 10)
        async with RunningSession(stored, {A: f"e1:{10 - missed}"}) as running:
            for what, n in steps:
                if what == "append":
                    stored.append(A, n)
                elif what == "receive":
                    running.receive(stored.events[A][n : n + 2])
                elif what == "heads":
                    stored.failures = 0
                    running.session.on_positions(await stored.current_positions([A]))
                elif what == "failures":
                    stored.failures = n
                else:
                    await running.settle()
            stored.failures = 0
            running.session.on_positions(await stored.current_positions([A]))
            await running.settle()
        return stored, running.transport

    stored, transport = asyncio.run(live())
    assert transport.offsets() == list(range(10 - missed + 1, len(stored.events[A]) + 1))
    assert "stream:reset" not in transport.names()

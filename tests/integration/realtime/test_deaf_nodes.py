"""A real-time process that heard nothing for a while: stopped, cut off from Redis, or slower than the
firehose is long.  Its clients get what they missed, once and in order, or are told to reload."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from support.faults import Door, until
from support.http.server import new_phone
from support.platform.fleet import Fleet, Member
from support.realtime import Heard, entry, phone
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIREHOSE = 100
BEFORE, MISSED = 3, 700  # events that were heard, and events while nobody listened


@dataclass(slots=True)
class Deaf:
    """A real-time process that the test can make deaf, and an API to sign up at."""

    fleet: Fleet
    api: Member
    sockets: Member
    redis: RedisClient
    door: Door

    async def person(self) -> tuple[str, str]:
        """Somebody's token, and the name of their stream."""
        token = await self.fleet.sign_up(self.api, new_phone())
        me = await self.fleet.ask(self.api, "GET", "/me", token=token)
        return token, f"user:{me.body['id']}"

    def streams(self, kept: int) -> EventStreams:
        """Of each person's events so many are kept."""
        return EventStreams(self.redis, StreamSettings(user_events=kept, firehose_events=FIREHOSE))

    async def pause(self) -> None:
        """The process does nothing from now on, and does not know it."""
        pid = self.sockets.process.pid
        os.kill(pid, signal.SIGSTOP)
        await until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")

    def resume(self) -> None:
        os.kill(self.sockets.process.pid, signal.SIGCONT)

    async def is_cut_off(self) -> None:
        """Return when the process has noticed that Redis is away."""

        async def stale() -> bool:
            return await self.fleet.figure(self.sockets, "revocation_stale") == 1

        await until(stale)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deaf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deaf]:
    folder = tmp_path_factory.mktemp("deaf")
    server = EmbeddedRedis(folder / "redis")
    server.start()
    short = {"STREAMS_FIREHOSE_EVENTS": str(FIREHOSE), "STREAMS_HEADS_SECONDS": "0.5"}
    try:
        with Door(server.port or 0) as door:
            async with Fleet(folder, server, **short) as fleet, RedisClient(server.url) as redis:
                api = await fleet.start("api")
                sockets = await fleet.start("realtime", REDIS_URL=door.redis(server.url))
                yield Deaf(fleet, api, sockets, redis, door)
    finally:
        server.stop()


def numbers(heard: Heard) -> list[int]:
    return [event["data"]["n"] for event in heard.events]


def has(count: int) -> Callable[[Heard], bool]:
    return lambda heard: len(heard.events) >= count


async def test_who_was_stopped_for_longer_than_the_firehose_reads_it_from_the_streams(deaf: Deaf) -> None:
    token, stream = await deaf.person()
    streams = deaf.streams(kept=1000)
    async with phone(deaf.sockets.url, token) as client:
        for n in range(BEFORE):
            await streams.append([entry(stream, n)])
        await client.heard.until(has(BEFORE))
        await deaf.pause()
        for n in range(BEFORE, BEFORE + MISSED):
            await streams.append([entry(stream, n)])
        assert await deaf.redis.call("XLEN", keys.firehose(0)) < MISSED  # it cannot have them from there
        deaf.resume()
        await client.heard.until(has(BEFORE + MISSED))
        await streams.append([entry(stream, BEFORE + MISSED)])
        await client.heard.until(has(BEFORE + MISSED + 1))
    assert numbers(client.heard) == list(range(BEFORE + MISSED + 1))
    assert client.heard.named("stream:reset") == []


async def test_who_was_stopped_for_longer_than_a_persons_stream_has_the_client_reload(deaf: Deaf) -> None:
    token, stream = await deaf.person()
    streams = deaf.streams(kept=50)
    async with phone(deaf.sockets.url, token) as client:
        await streams.append([entry(stream, 0)])
        await client.heard.until(has(1))
        await deaf.pause()
        for n in range(1, MISSED):
            await streams.append([entry(stream, n)])
        head = (await streams.current_positions([stream]))[stream]
        deaf.resume()
        await client.heard.until(lambda heard: bool(heard.named("stream:reset")))
        await streams.append([entry(stream, MISSED)])
        await client.heard.until(lambda heard: MISSED in numbers(heard))
    assert client.heard.named("stream:reset") == [{"heads": {stream: head}}]
    # what was on its way to the process when it was stopped may come before the reset
    assert numbers(client.heard) in ([0, MISSED], [0, 1, MISSED])


@pytest.mark.parametrize("fault", ["shut", "stall"])
async def test_who_was_cut_off_from_redis_brings_what_was_missed(deaf: Deaf, fault: str) -> None:
    token, stream = await deaf.person()
    streams = deaf.streams(kept=1000)
    async with phone(deaf.sockets.url, token) as client:
        await streams.append([entry(stream, 0)])
        await client.heard.until(has(1))
        deaf.door.shut() if fault == "shut" else deaf.door.stall()
        await deaf.is_cut_off()
        for n in range(1, MISSED):
            await streams.append([entry(stream, n)])
        assert numbers(client.heard) == [0]
        deaf.door.heal()
        await client.heard.until(has(MISSED))
    assert numbers(client.heard) == list(range(MISSED))
    assert client.heard.named("stream:reset") == []

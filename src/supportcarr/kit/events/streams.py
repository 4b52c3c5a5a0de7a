"""Streams of events for people: each event once, in order, with a number that leaves no gap.

A stream is one audience (``user:usr_…``, ``ops:AREA``).  Appending is one Lua script: it drops a
repeat by event id, counts the ``seq`` of each of the event's streams up by one, and writes the event to
these streams, and once to the firehose, which the real-time nodes read.  A cursor is ``EPOCH:SEQ``; the
epoch is random, made by whoever first finds none, and lost together with the numbers it belongs to when
Redis is wiped.

An event has one mark, which names the streams that have it: so a repeat that names others as well is
appended to those.  What is appended in the same turn of the event loop shares a script call.

Kept of a stream: ``keep_seconds`` (looked at every 16th event), and at most so many events; its number
and epoch: for good.  An event whose repeat comes later than ``keep_seconds`` is not known as a repeat
any more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from zlib import crc32

import msgspec

from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient, RedisError, RedisReplyError, Script

_APPEND_AT_ONCE = 40  # entries a script call: other clients wait for it
_LOOK_EVERY = 16  # events of a stream, for those that are too old
_READ_AT_ONCE = 500
_BLOCK_SECONDS = 1.0  # also: how late a wiped Redis is noticed when nothing is appended
_PAUSE_SECONDS = 0.1  # between attempts to read a firehose that is away

# KEYS: heads, the firehoses, then for each event its mark and its streams.
# ARGV: a candidate epoch, seconds to keep, a firehose's length, how many firehoses, then for each event:
# id, name, time, data, how many streams, all their names as the mark keeps them, and for each stream its
# name, its length, which firehose.  Answers the epoch, then for each event's streams the seq, 0 for a repeat.
_APPEND = Script(
    "streams.append",
    """
    local heads, keep, firehoses = KEYS[1], ARGV[2], tonumber(ARGV[4])
    local now = redis.call('TIME')[1]
    local epoch = redis.call('HGET', heads, '')
    if not epoch then
      epoch = ARGV[1]
      redis.call('HSET', heads, '', epoch)
    end
    local function old(entry)
      return tonumber(entry[1]:match('%d+$')) < now - keep
    end
    local answer = {epoch}
    local k, a = 2 + firehoses, 5
    while k <= #KEYS do
      local mark, id, name, at, data, names =
        KEYS[k], ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 5]
      local last = k + tonumber(ARGV[a + 4])
      local had = not redis.call('SET', mark, names, 'NX', 'EX', keep) and redis.call('GET', mark)
      local fired = {}  -- by firehose: one entry for all of the event's streams that go by it
      a = a + 6
      for at_key = k + 1, last do
        local stream, key = ARGV[a], KEYS[at_key]
        if had and had:find(' ' .. stream .. ' ', 1, true) then
          answer[#answer + 1] = 0
        else
          local seq = redis.pcall('HINCRBY', heads, stream, 1)
          if type(seq) == 'table' then  -- it fails: what was not appended must not be taken for a repeat
            redis.call('DEL', mark)
            return seq
          end
          local entry_id = seq .. '-' .. now
          local added = redis.pcall('XADD', key, 'MAXLEN', ARGV[a + 1], entry_id,
            'id', id, 'name', name, 'at', at, 'data', data)
          if type(added) == 'table' and added.err then
            -- the numbers were lost and the stream was not: what it holds is of no epoch that counts
            redis.call('DEL', key)
            redis.call('XADD', key, entry_id, 'id', id, 'name', name, 'at', at, 'data', data)
          end
          if seq % LOOK_EVERY == 0 and old(redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]) then
            -- two out for one in, so that no call pays for it all
            local young
            for _, kept in ipairs(redis.call('XRANGE', key, '-', '+', 'COUNT', 2 * LOOK_EVERY + 1)) do
              young = kept[1]
              if not old(kept) then break end
            end
            redis.call('XTRIM', key, 'MINID', young)
          end
          redis.call('EXPIRE', key, keep)
          local told = fired[ARGV[a + 2]]
          if not told then
            told = {'id', id, 'name', name, 'at', at, 'data', data}
            fired[ARGV[a + 2]] = told
          end
          told[#told + 1] = stream
          told[#told + 1] = epoch .. ':' .. seq
          if had then had = had .. stream .. ' ' end
          answer[#answer + 1] = seq
        end
        a = a + 3
      end
      if had and next(fired) then redis.call('SET', mark, had, 'EX', keep) end
      for number, told in pairs(fired) do
        redis.call('XADD', KEYS[2 + number], 'MAXLEN', '~', ARGV[3], '*', unpack(told))
      end
      k = last + 1
    end
    return answer
    """.replace("LOOK_EVERY", str(_LOOK_EVERY)),
)

# KEYS: heads.  ARGV: a candidate epoch, then stream names.  Answers the epoch, then each seq or nil.
_HEADS = Script(
    "streams.heads",
    """
    redis.call('HSETNX', KEYS[1], '', ARGV[1])
    ARGV[1] = ''
    return redis.call('HMGET', KEYS[1], unpack(ARGV))
    """,
)


class Publication(msgspec.Struct, frozen=True):
    """An event as it is handed in; ``data`` is JSON, ``at`` RFC 3339 city time.

    One event may be several entries, if not all streams are told the same of it.
    """

    streams: tuple[str, ...]  # each once; no spaces in a name
    event_id: str
    name: str  # of the socket event: rescue:status_update …
    at: str
    data: bytes


class StreamEvent(msgspec.Struct, frozen=True):
    """An event as it is read: ``cursor`` is its place in its stream."""

    stream: str
    position: str
    id: str
    name: str
    at: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FirehoseBatch:
    """What a firehose brought at once.  ``began``: this epoch is another than the last batch's, so
    every cursor handed out before is void (clients must reload)."""

    epoch: str
    events: list[StreamEvent]
    new_epoch: bool = False


class StreamReset(Exception):
    """What was asked for is gone (another epoch, trimmed, or never was); ``head`` is the cursor to go
    on from after a reload."""

    def __init__(self, stream: str, head: str) -> None:
        self.stream, self.position = stream, head
        super().__init__(f"{stream} begins anew at {head}")


class EventStreams:
    def __init__(self, redis: RedisClient, settings: StreamSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._candidates = _candidates()
        self._company: _Company | None = None  # in this turn of the loop
        self._firehoses = [keys.firehose(n) for n in range(settings.firehoses)]

    async def append(self, publications: Sequence[Publication]) -> list[str | None]:
        """Append each entry to its streams, in this order; the cursors in this order, ``None`` for a repeat.

        Safe to repeat.  Raises ``RedisError``; what was appended by then stays.
        """
        cursors: list[str | None] = []
        for start in range(0, len(publications), _APPEND_AT_ONCE):
            some = publications[start : start + _APPEND_AT_ONCE]
            together = await self._append_together(some)
            cursors += await self._append(some) if together is None else together
        return cursors

    async def _append_together(self, entries: Sequence[Publication]) -> list[str | None] | None:
        """In one script call for all who append in this turn of the loop; its first caller makes it.

        ``None``: each shall do it alone.  What one of them handed in must not keep the others back.
        """
        company = self._company
        if company is not None and len(company.entries) + len(entries) <= _APPEND_AT_ONCE:
            return await company.join(entries)
        company = self._company = _Company(entries)
        try:
            try:
                await asyncio.sleep(0)
            finally:
                if self._company is company:
                    self._company = None
            cursors = await self._append(company.entries)
        except RedisReplyError:
            company.dissolve()
            return None
        except BaseException as error:  # without Redis, or the first caller is gone
            company.dissolve(error if isinstance(error, RedisError) else None)
            raise
        return company.appended(cursors)

    async def _append(self, entries: Sequence[Publication]) -> list[str | None]:
        settings = self._settings
        places = [keys.stream_heads(), *self._firehoses]
        args: list[Arg] = [
            next(self._candidates), settings.keep_seconds, settings.firehose_events, len(self._firehoses),
        ]  # fmt: skip
        for entry in entries:
            places.append(keys.stream_seen(entry.event_id))
            names = f" {' '.join(entry.streams)} "
            args += entry.event_id, entry.name, entry.at, entry.data, len(entry.streams), names
            for stream in entry.streams:
                places.append(keys.stream(stream))
                args += stream, self._length(stream), self._firehose(stream)
        epoch, *seqs = await self._redis.script(_APPEND, places, args)
        return [f"{epoch.decode()}:{seq}" if seq else None for seq in seqs]

    def _length(self, stream: str) -> int:
        return self._settings.ops_events if stream.startswith("ops:") else self._settings.user_events

    def _firehose(self, stream: str) -> int:
        count = len(self._firehoses)
        return crc32(stream.encode()) % count if count > 1 else 0

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]:
        """The cursor of each stream's last event (``EPOCH:0``: there was none).  Raises ``RedisError``."""
        epoch, *seqs = await self._redis.script(
            _HEADS, [keys.stream_heads()], [next(self._candidates), *streams], decode=True
        )
        return {stream: f"{epoch}:{seq or 0}" for stream, seq in zip(streams, seqs, strict=True)}

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        """The events after that cursor, oldest first, at most *limit*; fewer: there are no more.

        Raises ``StreamReset`` (also for what is no cursor) and ``RedisError``.
        """
        epoch, seq = _parse(after)
        # The head first: it may be behind what is then read, never before it.
        (now_epoch, head), entries = await self._redis.batch(
            [
                ("HMGET", keys.stream_heads(), "", stream),
                ("XRANGE", keys.stream(stream), f"{seq + 1}-0", "+", "COUNT", limit),
            ]
        )
        if now_epoch is None:  # wiped, and nobody has asked since
            raise StreamReset(stream, (await self.current_positions([stream]))[stream])
        now, last = now_epoch.decode(), int(head or 0)
        reset = StreamReset(stream, f"{now}:{last}")
        if epoch != now or seq > last:
            raise reset
        if seq == last:
            return []
        items = [_item(stream, now, entry) for entry in entries]
        if not items or items[0].position != f"{now}:{seq + 1}":
            raise reset
        return items

    async def firehose(self, start: str | None = None) -> AsyncGenerator[FirehoseBatch, None]:
        """What is appended to any stream, from now on, for as long as it is read; of each stream in
        its order, whichever firehose it goes by.

        The first batch comes at once and is empty, with the epoch: whoever tells heads after it
        misses nothing.  *start* (an entry id, which is a time) begins after that entry instead.  A
        break of the connection loses nothing; a wiped Redis shows as a batch with ``began``.
        """
        last: dict[str, str] = {} if start is None else dict.fromkeys(self._firehoses, start)
        epoch = ""
        quiet = True  # only then the epoch is asked for; otherwise the events themselves tell it
        async with _Reader(self._redis, self._firehoses) as reader:
            while True:
                try:
                    if not last:
                        last = await reader.last_ids()
                    if quiet and (now := await self._epoch()) != epoch:
                        if epoch:
                            last = dict.fromkeys(last, "0-0")  # of the new epoch nothing was read yet
                        yield FirehoseBatch(now, [], new_epoch=bool(epoch))
                        epoch = now
                    read = await reader.after(last)
                    items = [item for _, entries in read for _, fields in entries for item in _fired(fields)]
                    ours = f"{epoch}:"
                    own = [item for item in items if item.position.startswith(ours)]
                    if len(own) < len(items) and await self._epoch() != epoch:
                        # Wiped while we waited: begin with the first entry of the new epoch, whatever
                        # its id is (ids are times, and another server's clock may be behind).
                        quiet = True
                        continue
                except RedisError:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    quiet = True
                    continue
                quiet = not read
                if read:
                    last |= {key.decode(): entries[-1][0].decode() for key, entries in read}
                    yield FirehoseBatch(epoch, own)

    async def _epoch(self) -> str:
        (epoch,) = await self._redis.script(
            _HEADS, [keys.stream_heads()], [next(self._candidates)], decode=True
        )
        return str(epoch)


class _Company:
    """Entries of several callers that share a script call, and who waits for which of the cursors."""

    def __init__(self, entries: Sequence[Publication]) -> None:
        self.entries = list(entries)
        self._own = self._count = _places(entries)
        self._joined: list[tuple[asyncio.Future[list[str | None] | None], int, int]] = []

    def join(self, entries: Sequence[Publication]) -> asyncio.Future[list[str | None] | None]:
        """The cursors of these, as soon as they are known; ``None`` if it was dissolved."""
        future: asyncio.Future[list[str | None] | None] = asyncio.get_running_loop().create_future()
        start, self._count = self._count, self._count + _places(entries)
        self.entries += entries
        self._joined.append((future, start, self._count))
        return future

    def appended(self, cursors: list[str | None]) -> list[str | None]:
        """Tell who joined of theirs; those of the first caller."""
        for future, start, end in self._joined:
            if not future.done():  # else its caller has gone
                future.set_result(cursors[start:end])
        return cursors[: self._own]

    def dissolve(self, error: RedisError | None = None) -> None:
        """Fail who joined, or without an error leave them to themselves."""
        for future, _, _ in self._joined:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


def _places(entries: Sequence[Publication]) -> int:
    return sum([len(entry.streams) for entry in entries])


class _Reader:
    """A connection that blocks on the firehoses."""

    def __init__(self, redis: RedisClient, firehoses: Sequence[str]) -> None:
        self._client = redis.dedicated(name="firehose", timeout=_BLOCK_SECONDS + 2)
        self._firehoses = firehoses

    async def __aenter__(self) -> _Reader:
        while True:
            try:
                await self._client.open()
                return self
            except RedisError:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def last_ids(self) -> dict[str, str]:
        """The id of each one's newest entry."""
        newest = await self._client.batch(
            [("XREVRANGE", key, "+", "-", "COUNT", 1) for key in self._firehoses]
        )
        return {
            key: found[0][0].decode() if found else "0-0"
            for key, found in zip(self._firehoses, newest, strict=True)
        }

    async def after(self, last: Mapping[str, str]) -> list[tuple[bytes, list[tuple[bytes, list[bytes]]]]]:
        """What is newer, by firehose; waits ``_BLOCK_SECONDS`` for the first of it."""
        found = await self._client.call(
            "XREAD", "COUNT", _READ_AT_ONCE, "BLOCK", int(_BLOCK_SECONDS * 1000),
            "STREAMS", *last, *last.values(),
        )  # fmt: skip
        return found or []


def _candidates() -> Iterator[str]:
    """Epochs that nobody else ever names, each once; asking the system for each costs a system call."""
    name = secrets.token_hex(6)
    return (f"{name}{number:x}" for number in count())


def _parse(cursor: str) -> tuple[str, int]:
    epoch, _, seq = cursor.partition(":")
    return (epoch, int(seq)) if seq.isascii() and seq.isdecimal() and len(seq) < 16 else ("", 0)


def _item(stream: str, epoch: str, entry: Sequence[Any]) -> StreamEvent:
    _, event_id, _, name, _, at, _, data = entry[1]
    cursor = f"{epoch}:{entry[0].partition(b'-')[0].decode()}"
    return StreamEvent(stream, cursor, event_id.decode(), name.decode(), at.decode(), data)


def _fired(flat: Sequence[bytes]) -> Iterator[StreamEvent]:
    """An entry of a firehose: an event, and its place in each of its streams."""
    _, event_id, _, name, _, at, _, data, *places = flat
    shared = event_id.decode(), name.decode(), at.decode(), data
    for n in range(0, len(places), 2):
        yield StreamEvent(places[n].decode(), places[n + 1].decode(), *shared)

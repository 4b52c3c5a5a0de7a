"""What processes tell each other of revoked sessions: a numbered log to follow, a key each to ask for.

The store holds the truth; this is a copy that is quick, and that says whether it is whole.  Its head
(an epoch, and the number of the last entry) is written only after everything that counts was copied
from the store, so a wiped Redis has no head and vouches for nothing.  An answer here is about one
moment: scripts read the head and what it vouches for together.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient, Script

_HEAD, _LOG = keys.revoked_head(), keys.revoked_log()
_APPEND_AT_ONCE = 200
_READ_AT_ONCE = 500
_LENGTH = 10_000  # entries; who is further behind reads the store instead

# KEYS: head, log, then a key a session.  ARGV: the log's length, then a session and its seconds each.
# A session that has its key already was told of before.  Without a head there is nobody to tell:
# whoever makes it lets all read the store again.
_APPEND = Script(
    "revoked.append",
    """
    local head, log = KEYS[1], KEYS[2]
    local vouched = redis.call('HEXISTS', head, 'epoch') == 1
    for i = 3, #KEYS do
      local session, seconds = ARGV[2 * i - 4], ARGV[2 * i - 3]
      if redis.call('SET', KEYS[i], 1, 'NX', 'EX', seconds) and vouched then
        local seq = redis.call('HINCRBY', head, 'seq', 1)
        local added = redis.pcall('XADD', log, 'MAXLEN', '~', ARGV[1], seq .. '-0', session, seconds)
        if type(added) == 'table' and added.err then
          -- the head was lost and the log was not: what it holds is of an epoch that counts no more
          redis.call('DEL', log)
          redis.call('XADD', log, seq .. '-0', session, seconds)
        end
      end
    end
    """,
)

# KEYS: head, log.  ARGV: the epoch and seq that the reader has, the most entries to read.  Answers
# nothing without a head; else the epoch, the last seq, whether what follows continues what the reader
# has, and seq, session and seconds of each entry.
_HEAR = Script(
    "revoked.hear",
    """
    local epoch, last = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'seq'))
    if not epoch then return {} end
    last = tonumber(last)
    local known = tonumber(ARGV[2])
    if epoch ~= ARGV[1] then return {epoch, last, 0} end
    if last < known then  -- it came back with less than it had: it must not vouch for that
      redis.call('DEL', KEYS[1])
      return {}
    end
    if last == known then return {epoch, last, 1} end
    local entries = redis.call('XRANGE', KEYS[2], (known + 1) .. '-0', '+', 'COUNT', ARGV[3])
    if not entries[1] or entries[1][1] ~= (known + 1) .. '-0' then return {epoch, last, 0} end
    local answer = {epoch, last, 1}
    for _, entry in ipairs(entries) do
      answer[#answer + 1] = tonumber(string.match(entry[1], '^%d+'))
      answer[#answer + 1] = entry[2][1]
      answer[#answer + 1] = tonumber(entry[2][2])
    end
    return answer
    """,
)

# KEYS: head, log.  ARGV: a candidate epoch.
_VOUCH = Script(
    "revoked.vouch",
    """
    if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
      redis.call('HSET', KEYS[1], 'seq', 0)
      redis.call('DEL', KEYS[2])
    end
    """,
)

# KEYS: head, a session's key.
_ASK = Script(
    "revoked.ask",
    "return {redis.call('HEXISTS', KEYS[1], 'epoch'), redis.call('EXISTS', KEYS[2])}",
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What a look at the log brought.

    ``follows`` is false if it does not continue what was known (another epoch, or too far behind): the
    reader must load the store, after this look.  ``more``: read again at once.  ``ended``: sessions,
    and for how many seconds after they were told of their tokens may live.
    """

    place: Place
    follows: bool
    more: bool
    ended: list[tuple[str, int]]


class RevokedLog:
    """Every method raises ``RedisError``."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def append(self, sessions: Iterable[tuple[str, int]]) -> None:
        """Tell all processes of those sessions, each with the seconds that its tokens may live.

        Safe to repeat; in parts if there are many.
        """
        wanted = list(sessions)
        for start in range(0, len(wanted), _APPEND_AT_ONCE):
            some = wanted[start : start + _APPEND_AT_ONCE]
            args: list[Arg] = [_LENGTH]
            for session_id, seconds in some:
                args += (session_id, max(1, seconds))
            touched = [_HEAD, _LOG, *(keys.revoked_session(session_id) for session_id, _ in some)]
            await self._redis.script(_APPEND, touched, args)

    async def hear(self, known: Place | None) -> Heard | None:
        """What was told after that place; ``None``: the log vouches for nothing."""
        epoch, seq = (known.epoch, known.seq) if known else ("", 0)
        flat = await self._redis.script(_HEAR, [_HEAD, _LOG], [epoch, seq, _READ_AT_ONCE], decode=True)
        if not flat:
            return None
        now, last, follows, *entries = flat
        ended = list(zip(entries[1::3], entries[2::3], strict=True))
        read = entries[-3] if entries else last
        return Heard(Place(now, read), bool(follows), more=read < last, ended=ended)

    async def vouch(self) -> None:
        """Say that every revoked session of the store has its key.  Begins an epoch, if there is none."""
        await self._redis.script(_VOUCH, [_HEAD, _LOG], [secrets.token_hex(6)])

    async def ask(self, session_id: str) -> bool | None:
        """Whether that session is revoked; ``None``: what is held here cannot tell."""
        vouched, there = await self._redis.script(_ASK, [_HEAD, keys.revoked_session(session_id)])
        return bool(there) if there or vouched else None

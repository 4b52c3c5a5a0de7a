"""The revocation log in Redis: a numbered log that processes poll, and a key per revoked session.

The store is authoritative; this is a fast copy that says whether it is complete.  Its head (an epoch,
and the number of the last entry) is written only after all revoked sessions were copied from the
store: a wiped Redis has no head, so it cannot pass for complete.  Scripts read the head and what it
covers together, at one moment.
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
_LENGTH = 10_000  # entries; a process that is further behind reads the store instead

# KEYS: head, log, then a key per session.  ARGV: the log's length, then each session and its seconds.
# A session that has its key is in the log already.  Without a head nothing is logged: when a process
# writes a head, all processes read the store again.
_APPEND = Script(
    "revocations.append",
    """
    local head, log = KEYS[1], KEYS[2]
    local complete = redis.call('HEXISTS', head, 'epoch') == 1
    for i = 3, #KEYS do
      local session, seconds = ARGV[2 * i - 4], ARGV[2 * i - 3]
      if redis.call('SET', KEYS[i], 1, 'NX', 'EX', seconds) and complete then
        local seq = redis.call('HINCRBY', head, 'seq', 1)
        local added = redis.pcall('XADD', log, 'MAXLEN', '~', ARGV[1], seq .. '-0', session, seconds)
        if type(added) == 'table' and added.err then
          -- the head was lost but the log survived: its entries belong to a stale epoch
          redis.call('DEL', log)
          redis.call('XADD', log, seq .. '-0', session, seconds)
        end
      end
    end
    """,
)

# KEYS: head, log.  ARGV: the reader's epoch and seq, the maximum of entries to read.  Returns
# nothing without a head; else the epoch, the last seq, whether the entries continue at the reader's
# position, and seq, session and seconds of each entry.
_POLL = Script(
    "revocations.poll",
    """
    local epoch, last = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'seq'))
    if not epoch then return {} end
    last = tonumber(last)
    local known = tonumber(ARGV[2])
    if epoch ~= ARGV[1] then return {epoch, last, 0} end
    if last < known then  -- Redis restarted with older data, which is not complete
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
_MARK_COMPLETE = Script(
    "revocations.mark_complete",
    """
    if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
      redis.call('HSET', KEYS[1], 'seq', 0)
      redis.call('DEL', KEYS[2])
    end
    """,
)

# KEYS: head, a session's key.
_IS_REVOKED = Script(
    "revocations.is_revoked",
    "return {redis.call('HEXISTS', KEYS[1], 'epoch'), redis.call('EXISTS', KEYS[2])}",
)


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a process has read the log."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll of the log returned.

    ``continues`` is false if the entries do not continue at the known position (another epoch, or too
    far behind): the reader must load the store after this poll.  ``more``: poll again at once.
    ``ended``: revoked sessions, each with the seconds that its tokens may live from its entry on.
    """

    position: LogPosition
    continues: bool
    more: bool
    ended: list[tuple[str, int]]


class RevocationLog:
    """The log and the keys.  Every method raises ``RedisError``."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def append(self, sessions: Iterable[tuple[str, int]]) -> None:
        """Append those sessions, each with the seconds that its tokens may live.

        Idempotent.  Many sessions take several script calls.
        """
        wanted = list(sessions)
        for start in range(0, len(wanted), _APPEND_AT_ONCE):
            some = wanted[start : start + _APPEND_AT_ONCE]
            args: list[Arg] = [_LENGTH]
            for session_id, seconds in some:
                args += (session_id, max(1, seconds))
            touched = [_HEAD, _LOG, *(keys.revoked_session(session_id) for session_id, _ in some)]
            await self._redis.script(_APPEND, touched, args)

    async def poll(self, known: LogPosition | None) -> PollResult | None:
        """The entries after that position; ``None`` if the log is not complete."""
        epoch, seq = (known.epoch, known.seq) if known else ("", 0)
        flat = await self._redis.script(_POLL, [_HEAD, _LOG], [epoch, seq, _READ_AT_ONCE], decode=True)
        if not flat:
            return None
        epoch, last, continues, *entries = flat
        ended = list(zip(entries[1::3], entries[2::3], strict=True))
        read = entries[-3] if entries else last
        return PollResult(LogPosition(epoch, read), bool(continues), more=read < last, ended=ended)

    async def mark_complete(self) -> None:
        """Declare that every revoked session of the store has its key.  Starts an epoch if there is none."""
        await self._redis.script(_MARK_COMPLETE, [_HEAD, _LOG], [secrets.token_hex(6)])

    async def is_revoked(self, session_id: str) -> bool | None:
        """Whether that session is revoked; ``None`` if the log is not complete, so cannot tell."""
        complete, there = await self._redis.script(_IS_REVOKED, [_HEAD, keys.revoked_session(session_id)])
        return bool(there) if there or complete else None

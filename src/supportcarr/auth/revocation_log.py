"""The revocation log in Redis: a numbered log that processes poll, and a key for each thing revoked.

A session is revoked as a whole (``ses_…``), of an account the tokens of versions before one
(``usr_…@7``).  The store is authoritative; this is a fast copy that says whether it is complete.  Its head
(an epoch, and the number of the last entry) is written only after all that was revoked was copied from the
store: a wiped Redis has no head, so it cannot pass for complete.  Scripts read the head and what it
covers together, at one moment.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient, Script

_HEAD, _LOG = keys.revoked_head(), keys.revoked_log()
_APPEND_AT_ONCE = 200
_READ_AT_ONCE = 500
_LENGTH = 10_000  # entries; a process that is further behind reads the store instead

# KEYS: head, log, then a key for each revocation.  ARGV: the log's length, then the text, the seconds and the
# value of each (of an account its version; of a session 1).  What has its key with that value or a higher one
# is in the log already.  Without a head nothing is logged: when a process writes a head, all processes read
# the store again.
_APPEND = Script(
    "revocations.append",
    """
    local head, log = KEYS[1], KEYS[2]
    local complete = redis.call('HEXISTS', head, 'epoch') == 1
    for i = 3, #KEYS do
      local text, seconds, value = ARGV[3 * i - 7], ARGV[3 * i - 6], ARGV[3 * i - 5]
      local new = tonumber(value) > tonumber(redis.call('GET', KEYS[i]) or '0')
      if new then redis.call('SET', KEYS[i], value, 'EX', seconds) end
      if new and complete then
        local seq = redis.call('HINCRBY', head, 'seq', 1)
        local added = redis.pcall('XADD', log, 'MAXLEN', '~', ARGV[1], seq .. '-0', text, seconds)
        if type(added) == 'table' and added.err then
          -- the head was lost but the log survived: its entries belong to a stale epoch
          redis.call('DEL', log)
          redis.call('XADD', log, seq .. '-0', text, seconds)
        end
      end
    end
    """,
)

# KEYS: head, log.  ARGV: the reader's epoch and seq, the maximum of entries to read.  Returns
# nothing without a head; else the epoch, the last seq, whether the entries continue at the reader's
# position, and seq, text and seconds of each entry.
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

# KEYS: head, the key of a session, that of its account.  Returns whether the log is complete, whether the
# session has ended, and the first version of the account whose tokens are good.
_LOOK_UP = Script(
    "revocations.look_up",
    """
    return {redis.call('HEXISTS', KEYS[1], 'epoch'), redis.call('EXISTS', KEYS[2]),
            tonumber(redis.call('GET', KEYS[3]) or '0')}
    """,
)


class Revocation(NamedTuple):
    """A session that has ended, or (with a *version*) an account whose older tokens have."""

    id: str
    version: int = 0

    @property
    def text(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id

    @property
    def key(self) -> str:
        return keys.revoked_user(self.id) if self.version else keys.revoked_session(self.id)

    @classmethod
    def of_text(cls, text: str) -> Revocation:
        revoked_id, _, version = text.partition("@")
        return cls(revoked_id, int(version or 0))


class LookUp(NamedTuple):
    """What is known of a session and its account: if not *complete*, more may be revoked than it says."""

    complete: bool
    ended: bool
    first_version: int  # of the account whose tokens are good


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
    ``revoked``: each with the seconds that its tokens may live from its entry on.
    """

    position: LogPosition
    continues: bool
    more: bool
    revoked: list[tuple[Revocation, int]]


class RevocationLog:
    """The log and the keys.  Every method raises ``RedisError``."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def append(self, revocations: Iterable[tuple[Revocation, int]]) -> None:
        """Append those, each with the seconds that its tokens may live.

        Idempotent.  Many of them take several script calls.
        """
        wanted = list(revocations)
        for start in range(0, len(wanted), _APPEND_AT_ONCE):
            some = wanted[start : start + _APPEND_AT_ONCE]
            args: list[Arg] = [_LENGTH]
            for revocation, seconds in some:
                args += (revocation.text, max(1, seconds), revocation.version or 1)
            touched = [_HEAD, _LOG, *(revocation.key for revocation, _ in some)]
            await self._redis.script(_APPEND, touched, args)

    async def poll(self, known: LogPosition | None) -> PollResult | None:
        """The entries after that position; ``None`` if the log is not complete."""
        epoch, seq = (known.epoch, known.seq) if known else ("", 0)
        flat = await self._redis.script(_POLL, [_HEAD, _LOG], [epoch, seq, _READ_AT_ONCE], decode=True)
        if not flat:
            return None
        epoch, last, continues, *entries = flat
        texts, seconds = entries[1::3], entries[2::3]
        revoked = list(zip(map(Revocation.of_text, texts), seconds, strict=True))
        read = entries[-3] if entries else last
        return PollResult(LogPosition(epoch, read), bool(continues), more=read < last, revoked=revoked)

    async def mark_complete(self) -> None:
        """Declare that all that is revoked in the store has its key.  Starts an epoch if there is none."""
        await self._redis.script(_MARK_COMPLETE, [_HEAD, _LOG], [secrets.token_hex(6)])

    async def look_up(self, session_id: str, user_id: str) -> LookUp:
        """What the log says about a session and its account."""
        asked = [_HEAD, keys.revoked_session(session_id), keys.revoked_user(user_id)]
        complete, ended, first_version = await self._redis.script(_LOOK_UP, asked)
        return LookUp(bool(complete), bool(ended), first_version)

    async def is_revoked(self, session_id: str) -> bool | None:
        """Whether that session is revoked; ``None`` if the log is not complete, so cannot tell."""
        found = await self.look_up(session_id, "")
        return found.ended if found.ended or found.complete else None

"""The limiter's calls to Redis: many keys in one script call, one timer for all calls.

A call costs about as much as four keys in it, in the process and in Redis, so keys are sent together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from supportcarr.kit.redis.client import RedisClient, RedisReplyError, Script

REPLY_SECONDS = 0.5  # then a reply counts as lost
MAX_KEYS_PER_CALL = 128  # such a call keeps Redis busy for half a millisecond

# KEYS: buckets.  ARGV[1], MessagePack, a list of numbers, flat: for each group of keys how many there
# are, and for each key microseconds a token, capacity, tokens wanted, tokens given back.  The keys of a
# group all get something, or none does.  Returns for each key: tokens got, or less than 0: microseconds until
# there is one; and tokens left.
TAKE = Script(
    "limits.take",
    """
    local call, floor, ceil, max = redis.call, math.floor, math.ceil, math.max
    local time = call('TIME')
    local now = time[1] * 1000000 + time[2]
    local asked, stored = cmsgpack.unpack(ARGV[1]), call('MGET', unpack(KEYS))
    local written, full, left, answer = {}, {}, {}, {}
    local first, at = 1, 1
    while KEYS[first] do
      local last, refused, n = first + asked[at] - 1, false, at
      for i = first, last do
        stored[i] = written[KEYS[i]] or tonumber(stored[i] or 0)
        local interval = asked[n + 1]
        full[i] = max(stored[i] - asked[n + 4] * interval, now)
        left[i] = floor((now - full[i]) / interval) + asked[n + 2]
        if left[i] < 1 then refused = true end
        n = n + 4
      end
      n = at
      for i = first, last do
        local key, interval, got, filled = KEYS[i], asked[n + 1], 0, full[i]
        if not refused then
          got = asked[n + 3]
          if got > left[i] then got = left[i] end
          filled = filled + got * interval
        end
        if filled > now then
          if filled ~= stored[i] then call('SET', key, filled, 'PX', ceil((filled - now) / 1000)) end
        elseif stored[i] > now then
          call('DEL', key)
        end
        written[key] = filled
        if left[i] < 1 then
          answer[2 * i - 1] = now - full[i] - interval + asked[n + 2] * interval
        else
          answer[2 * i - 1] = got
        end
        answer[2 * i] = left[i] - got
        n = n + 4
      end
      first, at = last + 1, n + 1
    end
    return answer
    """,
)

OnReply = Callable[
    [list[int] | None], None
]  # with two numbers for each key, as the script says; None: there was no reply
_pack = msgspec.msgpack.Encoder().encode


class LimiterBackend:
    """Sends calls, and reports each outcome once: the reply, or that none came in time.

    A later reply is ignored.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._pending: deque[PendingCall] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, buckets: list[str], numbers: list[int], on_reply: OnReply) -> None:
        """Call the script now; *numbers* are its argument."""
        loop = asyncio.get_running_loop()
        call = PendingCall(self._redis, buckets, _pack(numbers), on_reply, loop.time() + REPLY_SECONDS)
        self._pending.append(call)
        if self._timer is None:
            self._timer = loop.call_at(call.until, self._time_out)

    def _time_out(self) -> None:
        """Give up calls without a reply.  All wait equally long, so the first call is the first to time
        out."""
        loop = asyncio.get_running_loop()
        now, pending = loop.time(), self._pending
        while pending and (pending[0].future.done() or pending[0].until <= now):
            pending.popleft().future.cancel()
        self._timer = loop.call_at(pending[0].until, self._time_out) if pending else None


class PendingCall:
    """One call, until its reply or its time-out."""

    __slots__ = ("_buckets", "_on_reply", "_packed", "_redis", "future", "until")

    def __init__(
        self, redis: RedisClient, buckets: list[str], packed: bytes, on_reply: OnReply, until: float
    ) -> None:
        self._redis = redis
        self._buckets = buckets
        self._packed = packed
        self._on_reply = on_reply
        self.until = until
        self.future = redis.call("EVALSHA", TAKE.sha, len(buckets), *buckets, packed)
        self.future.add_done_callback(self._on_done)

    def _on_done(self, future: asyncio.Future[list[int]]) -> None:
        if future.cancelled():
            self._on_reply(None)
            return
        error = future.exception()
        if isinstance(error, RedisReplyError) and error.code == "NOSCRIPT":
            self.future = self._redis.call(
                "EVAL", TAKE.source, len(self._buckets), *self._buckets, self._packed
            )
            self.future.add_done_callback(self._on_done)
        else:
            self._on_reply(None if error is not None else future.result())

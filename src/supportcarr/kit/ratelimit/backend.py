"""What the limiter asks of Redis: many keys in one script call, one deadline for all calls.

A call costs about as much as four keys in it, in the process as in Redis; so keys travel together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from supportcarr.kit.redis.client import RedisClient, RedisReplyError, Script

PATIENCE_SECONDS = 0.5  # then an answer counts as lost
MOST_KEYS = 128  # of a call; Redis does nothing else for half a millisecond then

# KEYS: buckets.  ARGV[1], MessagePack, a list of numbers, flat: for each group of keys how many there
# are, and for each key microseconds a token, capacity, tokens wanted, tokens given back.  The keys of a
# group get something all, or none does.  Answers for each key: tokens got, or less than 0: microseconds
# until there is one; tokens left.
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

Answered = Callable[[list[int] | None], None]  # two numbers a key as the script says; None: lost
_pack = msgspec.msgpack.Encoder().encode


class Questions:
    """Sends them, and tells each outcome once: the answer, or that it did not come in time.

    What comes later is dropped.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._flying: deque[_Flight] = deque()
        self._watch: asyncio.TimerHandle | None = None

    def put(self, buckets: list[str], numbers: list[int], answered: Answered) -> None:
        """Ask now.  *numbers* are as the script wants them."""
        loop = asyncio.get_running_loop()
        flight = _Flight(self._redis, buckets, _pack(numbers), answered, loop.time() + PATIENCE_SECONDS)
        self._flying.append(flight)
        if self._watch is None:
            self._watch = loop.call_at(flight.until, self._look)

    def _look(self) -> None:
        """Give up what is late.  All wait equally long, so that the first put is the first late."""
        loop = asyncio.get_running_loop()
        now, flying = loop.time(), self._flying
        while flying and (flying[0].future.done() or flying[0].until <= now):
            flying.popleft().future.cancel()
        self._watch = loop.call_at(flying[0].until, self._look) if flying else None


class _Flight:
    """One call, until it is answered or given up."""

    __slots__ = ("_answered", "_buckets", "_packed", "_redis", "future", "until")

    def __init__(
        self, redis: RedisClient, buckets: list[str], packed: bytes, answered: Answered, until: float
    ) -> None:
        self._redis = redis
        self._buckets = buckets
        self._packed = packed
        self._answered = answered
        self.until = until
        self.future = redis.call("EVALSHA", TAKE.sha, len(buckets), *buckets, packed)
        self.future.add_done_callback(self._heard)

    def _heard(self, future: asyncio.Future[list[int]]) -> None:
        if future.cancelled():
            self._answered(None)
            return
        error = future.exception()
        if isinstance(error, RedisReplyError) and error.code == "NOSCRIPT":
            self.future = self._redis.call(
                "EVAL", TAKE.source, len(self._buckets), *self._buckets, self._packed
            )
            self.future.add_done_callback(self._heard)
        else:
            self._answered(None if error is not None else future.result())

"""A process that takes tokens of one key until it was refused often; prints how many it got."""

from __future__ import annotations

import asyncio
import sys

from supportcarr.kit.ratelimit import backend
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.ratelimit.rules import Rule
from supportcarr.kit.redis.client import RedisClient


async def main(url: str, limit: int, max_refused: int) -> int:
    backend.REPLY_SECONDS = 60.0  # a busy machine is no outage
    rule = Rule("hammered", limit, seconds=100_000)
    async with RedisClient(url, timeout=60) as redis:
        await redis.call("RPUSH", "ready", 1)
        await redis.call("BLPOP", "go", 50)  # all processes start together
        limiter = Limiter(redis, lease=8)
        taken = refused = 0

        async def hammer() -> None:
            nonlocal taken, refused
            while refused < max_refused:
                held = limiter.try_take("key", rule)
                allowed = held if held is not None else (await limiter.take([("key", rule)])).allowed
                taken += allowed
                refused += not allowed

        await asyncio.gather(*(hammer() for _ in range(20)))
        assert limiter.fallbacks == 0
        return taken


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201

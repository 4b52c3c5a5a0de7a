#!/usr/bin/env bash
# uvloop 0.23.0
#
# Input: 100 times asyncio.sleep(0.0004), one after the other, on asyncio's own loop and on uvloop.
# Expected: 40 ms or more, on both: a sleep may be longer than asked for, never shorter.
# Seen: uvloop's timers count whole milliseconds and round to the nearest, so that a sleep of 0.4 ms is none at all:
#   100 of them take less than 4 ms.
# What follows: a loop that polls with a short sleep uses a whole core, and a sender that paces itself by such sleeps
#   does not pace itself at all. Under uvloop sleep for a millisecond or more, then do everything that is due.
. "$(dirname "$0")/support/common.sh"
python_with uvloop==0.23.0

seen=$(python - <<'PY'
import asyncio
import time

import uvloop


async def hundred(seconds: float) -> float:
    start = time.perf_counter()
    for _ in range(100):
        await asyncio.sleep(seconds)
    return time.perf_counter() - start


for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
    took = min(run(hundred(0.0004)) for _ in range(3))  # a busy machine makes sleeps longer
    length = "40 ms or more" if took >= 0.04 else "less than 4 ms" if took < 0.004 else "between 4 and 40 ms"
    print(f"{name}: 100 sleeps of 0.4 ms took {length}")
PY
)

unchanged "$seen" <<'END'
asyncio: 100 sleeps of 0.4 ms took 40 ms or more
uvloop: 100 sleeps of 0.4 ms took less than 4 ms
END

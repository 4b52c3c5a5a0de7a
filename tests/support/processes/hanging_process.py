"""A watched process that hangs: ``python -m support.processes.hanging_process HOW``.

It says ``HOW began`` when it has told that its loop turns; a slow start never comes to that.
"""

from __future__ import annotations

import asyncio
import sys
import time

from supportcarr.supervisor import watchdog


async def main(how: str) -> None:
    await asyncio.sleep(0)  # now it was told
    say(f"{how} began")
    if how == "blocked":
        here_it_hangs()
    await asyncio.Event().wait()


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def here_it_hangs() -> None:
    time.sleep(600)


if __name__ == "__main__":
    watchdog.EVERY_S = 0.02
    if sys.argv[1] == "slow":
        say("slow began")
        here_it_hangs()
    asyncio.run(watchdog.with_heartbeat(main(sys.argv[1])))

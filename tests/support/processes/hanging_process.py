"""A process that hangs, for tests of the watchdog: ``python -m support.processes.hanging_process HOW``.

It prints ``HOW began`` after its first heartbeat; with ``slow`` it hangs before it.  With ``ready`` it says
that it is ready, and does not hang; with ``draining`` it also goes on after SIGTERM, until SIGUSR1.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from supportcarr.supervisor import watchdog


async def main(how: str) -> None:
    await asyncio.sleep(0)  # the first heartbeat is sent
    drains, is_idle = asyncio.Event(), asyncio.Event()
    if how == "draining":
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, drains.set)
        loop.add_signal_handler(signal.SIGUSR1, is_idle.set)
    say(f"{how} began")
    if how in ("ready", "draining"):
        watchdog.report_ready()
    if how == "draining":
        await drains.wait()
        say("draining ends")
        await is_idle.wait()
        say("is idle")
        return
    if how == "blocked":
        block_forever()
    await asyncio.Event().wait()


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def block_forever() -> None:
    time.sleep(600)


def run(how: str) -> None:
    watchdog.EVERY_S = 0.02
    if how == "slow":
        say("slow began")
        block_forever()
    asyncio.run(watchdog.with_heartbeat(main(how)))


if __name__ == "__main__":
    run(sys.argv[1])

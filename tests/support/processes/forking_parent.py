"""A supervisor with one forked process: prints the process's id and waits to be killed."""

from __future__ import annotations

import asyncio
import os
import sys

from support.processes.hanging_process import say
from supportcarr.supervisor.fork_spawner import ForkSpawner
from supportcarr.supervisor.spawner import PIPE, Start


async def main() -> None:
    forks = ForkSpawner((sys.executable, "-m", "support.processes.forking"), os.environ)
    await forks.open()
    process = await forks.spawn(Start(("tell",), os.environ, PIPE))
    assert process.stdout is not None
    await process.stdout.readline()
    say(str(process.pid))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

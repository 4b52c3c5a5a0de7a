"""A worker whose job handler writes its process id to a file and then sleeps for a minute."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from supportcarr.kit.jobs.declarations import JobHandler
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.jobs.settings import JobSettings
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore


async def main(database: str, url: str, file: str) -> None:
    store = SqliteStore(Path(database), timeout_s=60)
    await store.open()

    async def handle(payload: bytes) -> None:
        Path(file).write_text(str(os.getpid()))
        await asyncio.sleep(60)

    worker = JobWorker(Jobs(store, Clock(), url), [JobHandler("slow", handle)], JobSettings())
    worker.start()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

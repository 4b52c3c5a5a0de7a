"""A server process for tests: ``python -m support.http.server_process PORT METRICS_PORT DRAIN_SECONDS``.

``/pid`` returns its process id, ``/slow/SECONDS`` takes that long, ``/held`` until the process gets SIGUSR1,
``/ws`` echoes; it prints what happens to standard output.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import run, serve
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.metrics_server import serve_metrics
from supportcarr.kit.observability.settings import LogSettings


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the test reads it


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        say("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        say("shutdown")
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    if scope["path"].startswith("/slow/"):
        say("slow began")
        await asyncio.sleep(float(scope["path"].rpartition("/")[2]))
        say("slow ended")
    if scope["path"] == "/held":
        released = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, released.set)
        say("held")
        await released.wait()
    body = str(os.getpid()).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def main(port: int, metrics_port: int, drain_seconds: float) -> int:
    logs.configure(LogSettings(), descriptor=2)
    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    metrics = await serve_metrics(Metrics().answer, "127.0.0.1", metrics_port, lifecycle=lifecycle)
    lifecycle.mark_ready()
    async with metrics:
        await serve(app, "127.0.0.1", port, drain_seconds, lifecycle=lifecycle, websockets=True)
    say("over")
    return 3


if __name__ == "__main__":
    sys.exit(run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))

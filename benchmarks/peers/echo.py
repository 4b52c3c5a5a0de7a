"""A bare Granian, as the platform runs it for WebSockets: ``python echo.py PORT``, the body on stdin.

The lower bound of cost: no framework, tokens, limits, logs or store.
"""

from __future__ import annotations

import sys

from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import run, serve
from supportcarr.kit.http.types import Receive, Scope, Send


async def main(port: int, body: bytes) -> None:
    """Answer *body* to everything until SIGTERM."""
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
    }
    end = {"type": "http.response.body", "body": body}

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(end)
        elif scope["type"] == "lifespan":
            raise RuntimeError("no lifespan here")  # the protocol's way to say so

    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    await serve(echo, "127.0.0.1", port, 2.0, lifecycle=lifecycle, websockets=True)  # which are Granian's


if __name__ == "__main__":
    run(main(int(sys.argv[1]), sys.stdin.buffer.read()))

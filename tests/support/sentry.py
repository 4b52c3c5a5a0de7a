"""A receiver of Sentry's envelopes."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from support.ports import free_port


@dataclass(slots=True)
class SentryReceiver:
    dsn: str
    items: list[tuple[str, Any]] = field(default_factory=list)  # (type, payload)
    bodies: list[bytes] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        return [payload for found, payload in self.items if found == kind]

    async def wait_for(self, kind: str, count: int, within_s: float = 90.0) -> list[Any]:
        try:
            async with asyncio.timeout(within_s):
                while len(self.of(kind)) < count:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"received only {[found for found, _ in self.items]}") from None
        return self.of(kind)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        self.bodies.append(body)
        self.items += items_of(body)
        return web.json_response({}, headers={"access-control-allow-origin": "*"})

    async def allow(self, request: web.Request) -> web.Response:
        """Browsers ask before they send to another origin."""
        allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        return web.Response(status=204, headers=allowed)


def items_of(envelope: bytes) -> list[tuple[str, Any]]:
    """The items of an envelope (https://develop.sentry.dev/sdk/data-model/envelopes/)."""
    _, _, rest = envelope.partition(b"\n")
    found = []
    while rest.strip():
        head, _, rest = rest.partition(b"\n")
        header = json.loads(head)
        if "length" in header:
            payload, rest = rest[: header["length"]], rest[header["length"] + 1 :]
        else:
            payload, _, rest = rest.partition(b"\n")
        found.append((header["type"], json.loads(payload)))
    return found


@asynccontextmanager
async def sentry_receiver() -> AsyncIterator[SentryReceiver]:
    port = free_port()
    receiver = SentryReceiver(f"http://0123456789abcdef0123456789abcdef@127.0.0.1:{port}/7")
    app = web.Application(client_max_size=20_000_000)
    app.router.add_post("/api/7/envelope/", receiver.receive)
    app.router.add_route("OPTIONS", "/api/7/envelope/", receiver.allow)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()

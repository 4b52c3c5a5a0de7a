"""Traces one request from the connection's bytes to its handler, and lists the files of ours that it crosses.

``scripts/trace-request`` starts a platform in one process and prints the files for a request that clients
send all the time (``GET /me``) and for rare ones.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from support.platform.in_process import Platform, running_platform
from supportcarr import __file__ as package
from supportcarr.gateway.router import Router
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.protocol import HttpProtocol

OURS = Path(package).parent
TIMEOUT_S = 45.0

_traced: contextvars.ContextVar[bool] = contextvars.ContextVar("traced", default=False)


@dataclass
class Trace:
    """The path of one request: our files in the order of entry, up to its handler's."""

    files: list[str] = field(default_factory=list)
    handler: str | None = None  # the file of the handler, which is not among *files*
    lookups: int = 0  # of the route
    answer: bytes = b""


class _Transport(asyncio.Transport):
    """Records what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.answered = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        self.answered.set()

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        pass


class Tracer:
    """Sends requests to an application through a connection of the server's, without a socket."""

    def __init__(self, app: Any) -> None:
        self._config = uvicorn.Config(cast("Any", app), ws="none", lifespan="off", log_config=None)
        self._config.load()
        self._app = app

    async def trace(self, request: bytes, handler: Callable[..., Any]) -> Trace:
        """Send *request* (its bytes) and record until *handler* is called."""
        found = Trace()
        code = handler.__code__

        def profile(frame: FrameType, event: str, _: object) -> None:
            if event != "call" or not _traced.get():
                return
            if frame.f_code is code:
                found.handler = _ours(code.co_filename)
                sys.setprofile(None)
                return
            if frame.f_code is Router.find.__code__:
                found.lookups += 1
            file = _ours(frame.f_code.co_filename)
            if file is not None and file not in found.files:
                found.files.append(file)

        transport = _Transport()
        table = ConnectionTable(8)
        protocol = HttpProtocol(self._config, ServerState(), {}, fast_path=self._app, table=table)
        protocol.connection_made(transport)
        context = contextvars.copy_context()
        context.run(_traced.set, True)
        sys.setprofile(profile)
        try:
            asyncio.get_running_loop().call_soon(protocol.data_received, request, context=context)
            async with asyncio.timeout(TIMEOUT_S):
                await transport.answered.wait()
        finally:
            sys.setprofile(None)
            protocol.connection_lost(None)
        found.answer = transport.written
        return found


def _ours(file: str) -> str | None:
    """The path below the package, if it is one of ours."""
    path = Path(file)
    return path.relative_to(OURS).as_posix() if path.is_relative_to(OURS) else None


def request_bytes(method: str, path: str, *, token: str | None, body: bytes = b"", **headers: str) -> bytes:
    """A request as a client sends it.  *path* is below ``/api/v1``."""
    lines = [f"{method} /api/v1{path} HTTP/1.1", "host: supportcarr.example"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def traces(platform: Platform) -> AsyncIterator[tuple[str, Trace]]:
    """A frequent request and rare ones of a client that has been here before, by name."""
    rider = await platform.person("rider")
    tracer = Tracer(platform.api.gateway)
    handlers = {f"{route.method} {route.path}": route.handler for route in platform.container.routes()}
    cases = {
        "GET /me": request_bytes("GET", "/me", token=rider.token),
        "GET /me/notifications?limit=5": request_bytes("GET", "/me/notifications?limit=5", token=rider.token),
        "PATCH /me": request_bytes("PATCH", "/me", token=rider.token, body=b'{"name":"Ana"}'),
    }
    await tracer.trace(cases["GET /me"], handlers["GET /me"])  # its first request asks Redis for a lease
    for name, request in cases.items():
        yield name, await tracer.trace(request, handlers[name.partition("?")[0]])


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with running_platform(Path(folder)) as platform:
            async for name, trace in traces(platform):
                print(f"{name}: {len(trace.files)} files, then {trace.handler}", *trace.files, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main())

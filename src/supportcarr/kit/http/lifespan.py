"""The ASGI lifespan protocol from the server's side."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from supportcarr.kit.http.types import ASGIApp, Message

log = structlog.get_logger(__name__)


class LifespanFailed(Exception):
    """The application refused to start."""


class Lifespan:
    """The ASGI lifespan protocol, version 2.0, from the server's side."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._supported = True

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        try:
            await self._app(scope, self._to_app.get, self._answers.put)
        except Exception as error:
            # an application without lifespan raises here; the protocol says to go on without it
            await self._answers.put({"type": "raised", "error": error})

    async def _ask(self, kind: str) -> Message:
        await self._to_app.put({"type": kind})
        return await self._answers.get()

    async def startup(self) -> None:
        self._task = asyncio.create_task(self._run(), name="lifespan")
        answer = await self._ask("lifespan.startup")
        if answer["type"] == "lifespan.startup.failed":
            raise LifespanFailed(answer.get("message", ""))
        self._supported = answer["type"] == "lifespan.startup.complete"

    async def shutdown(self, seconds: float) -> None:
        if self._task is None or not self._supported:
            return
        with contextlib.suppress(TimeoutError):
            answer = await asyncio.wait_for(self._ask("lifespan.shutdown"), seconds)
            if answer["type"] != "lifespan.shutdown.complete":
                log.error("lifespan_shutdown_failed", reason=str(answer.get("message") or answer))
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

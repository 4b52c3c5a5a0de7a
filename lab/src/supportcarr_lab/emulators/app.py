"""The sandbox's ASGI application.

/v1/…                                             Stripe's API
/sandbox                                          a page: card payments and webhooks
GET, POST /sandbox/stripe/behaviour               how Stripe misbehaves
GET  /sandbox/stripe/books                        every intent, captured and refunded
POST /sandbox/stripe/payment_intents/{id}/authentication  the rider answers 3-D Secure
GET  /healthz
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post, route
from litestar.params import FromPath, JSONBody
from litestar.types import ASGIApp, Receive, Scope, Send

from supportcarr_lab.emulators.stripe.api import Asked, StripeEmulator
from supportcarr_lab.emulators.stripe.behaviour import Behaviour, Change
from supportcarr_lab.emulators.stripe.database import Books
from supportcarr_lab.emulators.stripe.errors import Fault
from supportcarr_lab.emulators.stripe.page import page
from supportcarr_lab.emulators.stripe.webhooks import WebhookSender

LONGEST_SILENCE_S = 120.0
BOOKS_FILE = "sandbox-stripe.sqlite3"


class Authentication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the rider's 3-D Secure goes."""

    succeeds: bool


class _Silent(Response[str]):
    """Waits until the client has given up (or for ``LONGEST_SILENCE_S``) and only then answers."""

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIApp:  # type: ignore[override]  # a plain ASGI app will do
        answer = super().to_asgi_response(*args, **kwargs)

        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            async def gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass

            try:
                await asyncio.wait_for(gone(), LONGEST_SILENCE_S)
            except TimeoutError:
                await answer(scope, receive, send)

        return silent


def create_app(*, data: Path, api_key: str, webhook_secret: str, webhook_url: str | None) -> Litestar:
    """The emulators, with their books in the folder *data*; webhooks go to *webhook_url*, if there is one."""
    behaviour = Behaviour()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        books = Books(data / BOOKS_FILE)
        sender = WebhookSender(books, url=webhook_url, secret=webhook_secret) if webhook_url else None
        app.state.books = books
        app.state.emulator = StripeEmulator(
            books,
            behaviour,
            api_key=api_key,
            hooked=sender is not None,
            on_events=sender.wake if sender else lambda: None,
        )
        if sender:
            sender.start()
        yield
        if sender:
            await sender.stop()
        books.close()

    @route("/v1/{path:path}", http_method=["GET", "POST", "DELETE"])
    async def stripe(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[str]:
        encoded = request.url.query if request.method == "GET" else (await request.body()).decode("latin-1")
        asked = Asked(request.method, path.strip("/"), encoded, dict(request.headers))
        told = await request.app.state.emulator.answer(asked)
        answer = _Silent if told.silent else Response[str]
        return answer(told.body, status_code=told.status, headers=told.headers, media_type=MediaType.JSON)

    @get("/sandbox", media_type=MediaType.HTML)
    async def sandbox(request: Request[Any, Any, Any]) -> str:
        state = request.app.state
        return page(state.emulator.statement(), state.books.latest_deliveries(100))

    @get("/sandbox/stripe/behaviour")
    async def get_behaviour() -> Behaviour:
        return behaviour

    @post("/sandbox/stripe/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[Change]) -> Behaviour:
        behaviour.change(data)
        return behaviour

    @get("/sandbox/stripe/books")
    async def statement(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"intents": request.app.state.emulator.statement()}

    @post("/sandbox/stripe/payment_intents/{intent_id:str}/authentication", status_code=200)
    async def authenticate(
        request: Request[Any, Any, Any], intent_id: FromPath[str], data: JSONBody[Authentication]
    ) -> Response[dict[str, Any]]:
        try:
            return Response(request.app.state.emulator.authenticate(intent_id, succeeds=data.succeeds))
        except Fault as fault:
            return Response(fault.body, status_code=fault.status)

    @get("/healthz", media_type=MediaType.TEXT)
    async def healthz() -> str:
        return "ok"

    return Litestar(
        [stripe, sandbox, get_behaviour, set_behaviour, statement, authenticate, healthz],
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,  # the process's own lines stay as they are
    )

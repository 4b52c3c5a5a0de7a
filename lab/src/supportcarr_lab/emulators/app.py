"""The ASGI application of the emulators.

/v1/…                                                     Stripe's API
GET  /sandbox                                             a page with card payments and webhooks
GET, POST /sandbox/stripe/behaviour                       read and change how the emulator misbehaves
GET  /sandbox/stripe/payment_intents                      every intent with its captured and refunded amount
POST /sandbox/stripe/payment_intents/{id}/authentication  the rider's answer to 3-D Secure
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

from supportcarr_lab.emulators.stripe.api import StripeEmulator, StripeRequest
from supportcarr_lab.emulators.stripe.behaviour import Behaviour, BehaviourChange
from supportcarr_lab.emulators.stripe.database import EmulatorDatabase
from supportcarr_lab.emulators.stripe.errors import StripeApiError
from supportcarr_lab.emulators.stripe.page import page
from supportcarr_lab.emulators.stripe.webhooks import WebhookSender

MAX_SILENCE_S = 120.0
DATABASE_FILE = "sandbox-stripe.sqlite3"


class Authentication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of the rider's 3-D Secure authentication."""

    succeeds: bool


class _UnansweredResponse(Response[str]):
    """Sends nothing until the client has disconnected, or for ``MAX_SILENCE_S``."""

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIApp:  # type: ignore[override]  # a plain ASGI app will do
        response = super().to_asgi_response(*args, **kwargs)

        async def send_late(scope: Scope, receive: Receive, send: Send) -> None:
            async def disconnected() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass

            try:
                await asyncio.wait_for(disconnected(), MAX_SILENCE_S)
            except TimeoutError:
                await response(scope, receive, send)

        return send_late


def create_app(*, data: Path, api_key: str, webhook_secret: str, webhook_url: str | None) -> Litestar:
    """Create the emulators, with their database in the folder *data*.  No URL: no webhooks are sent."""
    behaviour = Behaviour()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        database = EmulatorDatabase(data / DATABASE_FILE)
        sender = WebhookSender(database, url=webhook_url, secret=webhook_secret) if webhook_url else None
        app.state.database = database
        app.state.emulator = StripeEmulator(
            database,
            behaviour,
            api_key=api_key,
            webhooks_enabled=sender is not None,
            on_events=sender.wake if sender else lambda: None,
        )
        if sender:
            sender.start()
        yield
        if sender:
            await sender.stop()
        database.close()

    @route("/v1/{path:path}", http_method=["GET", "POST", "DELETE"])
    async def stripe(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[str]:
        encoded = request.url.query if request.method == "GET" else (await request.body()).decode("latin-1")
        stripe_request = StripeRequest(request.method, path.strip("/"), encoded, dict(request.headers))
        result = await request.app.state.emulator.handle(stripe_request)
        response_class = _UnansweredResponse if result.unanswered else Response[str]
        return response_class(
            result.body, status_code=result.status, headers=result.headers, media_type=MediaType.JSON
        )

    @get("/sandbox", media_type=MediaType.HTML)
    async def sandbox(request: Request[Any, Any, Any]) -> str:
        state = request.app.state
        return page(state.emulator.payment_records(), state.database.latest_deliveries(100))

    @get("/sandbox/stripe/behaviour")
    async def get_behaviour() -> Behaviour:
        return behaviour

    @post("/sandbox/stripe/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[BehaviourChange]) -> Behaviour:
        behaviour.apply(data)
        return behaviour

    @get("/sandbox/stripe/payment_intents")
    async def payment_intents(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"intents": request.app.state.emulator.payment_records()}

    @post("/sandbox/stripe/payment_intents/{intent_id:str}/authentication", status_code=200)
    async def authenticate(
        request: Request[Any, Any, Any], intent_id: FromPath[str], data: JSONBody[Authentication]
    ) -> Response[dict[str, Any]]:
        try:
            return Response(request.app.state.emulator.authenticate(intent_id, succeeds=data.succeeds))
        except StripeApiError as error:
            return Response(error.body, status_code=error.status)

    @get("/healthz", media_type=MediaType.TEXT)
    async def healthz() -> str:
        return "ok"

    return Litestar(
        [stripe, sandbox, get_behaviour, set_behaviour, payment_intents, authenticate, healthz],
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,  # keep the logging that the process has configured
    )

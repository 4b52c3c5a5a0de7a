"""The ASGI application of the emulators.

/v1/…                                                     Stripe's API
/2010-04-01/…                                             Twilio's API
/search/geocode/v6/…, /styles/v1/…, /v4/…, /fonts/v1/…    Mapbox's API
/checks/KIND/v1/…                                         identity and background checks of drivers
GET  /sandbox                                             a page with texts, card payments and webhooks
GET  /sandbox/messages?to=+1…                             text messages, newest first
POST /push/TOKEN                                          a message to a browser (RFC 8030)
POST /sandbox/push/browsers                               a browser that subscribes, for tests
DELETE /sandbox/push/browsers/TOKEN                       it unsubscribes
GET  /sandbox/push/messages?browser=TOKEN                 what was pushed to browsers, newest first
GET, POST /sandbox/push/behaviour                         read and change how the push service misbehaves
GET, POST /sandbox/twilio/behaviour                       read and change how Twilio's emulator misbehaves
GET, POST /sandbox/mapbox/behaviour                       the same for Mapbox's
GET  /sandbox/mapbox/requests                             how many of each kind it got
GET  /sandbox/checks                                      reports of checks, newest first
GET, POST /sandbox/checks/behaviour                       read and change how that of checks misbehaves
GET, POST /sandbox/stripe/behaviour                       read and change how the emulator misbehaves
GET  /sandbox/card, /sandbox/authentication               pages: enter a test card, confirm a payment
POST /sandbox/stripe/setup_intents/confirmation           the card that was entered on the page
POST /sandbox/stripe/setup_intents/authentication         the rider's answer to 3-D Secure for that card
GET  /sandbox/stripe/payment_intents                      every intent with its captured and refunded amount
POST /sandbox/stripe/payment_intents/{id}/authentication  the rider's answer to 3-D Secure
GET  /sandbox/rider, /sandbox/driver, /sandbox/console    pages of the demo's links, which sign in to an app
POST /sandbox/sign-in                                     the key of such a link; sets the app's cookie
GET  /healthz
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, delete, get, post, route
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody
from litestar.types import ASGIApp, Receive, Scope, Send

from supportcarr_lab.emulators.card_pages import authentication_page, card_page
from supportcarr_lab.emulators.checks.api import CheckAccount, CheckEmulator, CheckRequest
from supportcarr_lab.emulators.checks.behaviour import CheckBehaviour, CheckBehaviourChange
from supportcarr_lab.emulators.checks.database import CheckDatabase
from supportcarr_lab.emulators.mapbox.api import MapboxBehaviour, MapboxEmulator
from supportcarr_lab.emulators.page import page
from supportcarr_lab.emulators.phone_links import WHO
from supportcarr_lab.emulators.phone_sign_in import LinkRefused, PhoneSignIn, SignInLink, phone_page
from supportcarr_lab.emulators.push.service import NewBrowser, PushBehaviour, PushService
from supportcarr_lab.emulators.stripe.api import StripeEmulator, StripeRequest
from supportcarr_lab.emulators.stripe.behaviour import Behaviour, BehaviourChange
from supportcarr_lab.emulators.stripe.database import EmulatorDatabase
from supportcarr_lab.emulators.stripe.errors import StripeApiError
from supportcarr_lab.emulators.stripe.webhooks import WebhookSender
from supportcarr_lab.emulators.twilio import API_VERSION
from supportcarr_lab.emulators.twilio.api import TwilioEmulator, TwilioRequest, form
from supportcarr_lab.emulators.twilio.behaviour import TwilioBehaviour, TwilioBehaviourChange
from supportcarr_lab.emulators.twilio.database import MessageDatabase

MAX_SILENCE_S = 120.0
DATABASE_FILE = "sandbox-stripe.sqlite3"
MESSAGES_FILE = "sandbox-twilio.sqlite3"
CHECKS_FILE = "sandbox-checks.sqlite3"
MESSAGES_SHOWN = 100


class TwilioAccount(msgspec.Struct, frozen=True):
    """The credentials that Twilio's emulator expects."""

    sid: str = "AC0123456789abcdef0123456789abcdef"
    token: str = "the emulator's token"  # noqa: S105 - of the emulator, which tests start


class Authentication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of the rider's 3-D Secure authentication."""

    succeeds: bool


class EnteredCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card that was entered for a setup."""

    client_secret: str
    number: str


class SetupAuthentication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of the rider's 3-D Secure authentication of a card that is entered."""

    client_secret: str
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


def create_app(
    *,
    data: Path,
    api_key: str,
    webhook_secret: str,
    webhook_url: str | None,
    twilio: TwilioAccount | None = None,
    checks: Mapping[str, CheckAccount] | None = None,
    phones: PhoneSignIn | None = None,
) -> Litestar:
    """Create the emulators, with their databases in the folder *data*.  No URL: no webhooks are sent.

    *checks* are the accounts of the emulator of checks, by kind; *phones* signs in those who open
    a link of the demo.
    """
    behaviour, sms_behaviour, check_behaviour = Behaviour(), TwilioBehaviour(), CheckBehaviour()
    account = twilio or TwilioAccount()
    push_behaviour = PushBehaviour()
    push_service = PushService(push_behaviour)

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
        messages = MessageDatabase(data / MESSAGES_FILE)
        app.state.sms = TwilioEmulator(
            messages, sms_behaviour, account_sid=account.sid, auth_token=account.token
        )
        reports = CheckDatabase(data / CHECKS_FILE)
        app.state.checks = CheckEmulator(reports, check_behaviour, checks or {})
        if sender:
            sender.start()
        app.state.checks.start()
        yield
        if sender:
            await sender.stop()
        await app.state.checks.close()
        reports.close()
        await app.state.sms.close()
        messages.close()
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
        return page(
            state.sms.messages(None, MESSAGES_SHOWN),
            state.emulator.payment_records(),
            state.database.latest_deliveries(100),
            state.checks.reports(MESSAGES_SHOWN),
            phones.codes() if phones is not None else [],
            push_service.messages(),
        )

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
        [
            stripe,
            sandbox,
            get_behaviour,
            set_behaviour,
            payment_intents,
            authenticate,
            *_card_routes(),
            healthz,
            *_twilio_routes(sms_behaviour),
            *_mapbox_routes(),
            *_check_routes(check_behaviour),
            *(_phone_routes(phones) if phones is not None else ()),
            *_push_routes(push_service, push_behaviour),
        ],
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,  # keep the logging that the process has configured
    )


def _card_routes() -> list[Any]:
    @get("/sandbox/card", media_type=MediaType.HTML)
    async def card() -> str:
        return card_page()

    @get("/sandbox/authentication", media_type=MediaType.HTML)
    async def authentication() -> str:
        return authentication_page()

    @post("/sandbox/stripe/setup_intents/confirmation", status_code=200)
    async def confirm_setup(
        request: Request[Any, Any, Any], data: JSONBody[EnteredCard]
    ) -> Response[dict[str, Any]]:
        try:
            return Response(request.app.state.emulator.confirm_setup(data.client_secret, data.number))
        except StripeApiError as error:
            return Response(error.body, status_code=error.status)

    @post("/sandbox/stripe/setup_intents/authentication", status_code=200)
    async def authenticate_setup(
        request: Request[Any, Any, Any], data: JSONBody[SetupAuthentication]
    ) -> Response[dict[str, Any]]:
        emulator = request.app.state.emulator
        try:
            return Response(emulator.authenticate_setup(data.client_secret, succeeds=data.succeeds))
        except StripeApiError as error:
            return Response(error.body, status_code=error.status)

    return [card, authentication, confirm_setup, authenticate_setup]


def _phone_routes(phones: PhoneSignIn) -> list[Any]:
    @get([f"/sandbox/{who}" for who in WHO], media_type=MediaType.HTML)
    async def phone() -> str:
        return phone_page()

    @post("/sandbox/sign-in", status_code=200)
    async def sign_in(
        request: Request[Any, Any, Any], data: JSONBody[SignInLink]
    ) -> Response[dict[str, Any]]:
        try:
            done = await phones.sign_in(data, dict(request.headers))
        except LinkRefused as refused:
            return Response({"code": refused.code, "retry": refused.retry}, status_code=refused.status)
        return Response({"url": done.url}, cookies=[_cookie(header) for header in done.cookies])

    return [phone, sign_in]


def _cookie(header: str) -> Cookie:
    """The cookie of a ``Set-Cookie`` header of the API."""
    [(name, morsel)] = SimpleCookie(header).items()
    return Cookie(
        key=name,
        value=morsel.value,
        path=morsel["path"],
        max_age=int(morsel["max-age"]),
        httponly=bool(morsel["httponly"]),
        secure=bool(morsel["secure"]),
        samesite="strict",
    )


def _twilio_routes(behaviour: TwilioBehaviour) -> list[Any]:
    @route(f"/{API_VERSION}/{{path:path}}", http_method=["GET", "POST"])
    async def twilio(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[str]:
        encoded = request.url.query if request.method == "GET" else (await request.body()).decode()
        twilio_request = TwilioRequest(
            request.method, path.strip("/"), form(encoded), request.headers.get("authorization", "")
        )
        result = await request.app.state.sms.handle(twilio_request)
        response_class = _UnansweredResponse if result.unanswered else Response[str]
        return response_class(result.body, status_code=result.status, media_type=MediaType.JSON)

    @get("/sandbox/messages")
    async def messages(request: Request[Any, Any, Any]) -> dict[str, Any]:
        to = form(request.url.query).get("to", "").strip()  # an unescaped + is read as a space
        number = (to if to.startswith("+") else f"+{to}") if to else None
        return {"messages": request.app.state.sms.messages(number, MESSAGES_SHOWN)}

    @get("/sandbox/twilio/behaviour")
    async def get_behaviour() -> TwilioBehaviour:
        return behaviour

    @post("/sandbox/twilio/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[TwilioBehaviourChange]) -> TwilioBehaviour:
        behaviour.apply(data)
        return behaviour

    return [twilio, messages, get_behaviour, set_behaviour]


def _mapbox_routes() -> list[Any]:
    behaviour = MapboxBehaviour()
    emulator = MapboxEmulator(behaviour)
    # Pages of any origin call it, as they call Mapbox.
    headers = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}

    @route(
        [
            f"/{prefix}/{{path:path}}"
            for prefix in ("search/geocode/v6", "styles/v1", "v4", "fonts/v1", "map-sessions", "events")
        ],
        http_method=["GET", "POST"],
    )
    async def mapbox(request: Request[Any, Any, Any]) -> Response[bytes]:
        base = f"{request.url.scheme}://{request.url.netloc}"
        answer = emulator.handle(request.url.path, dict(request.query_params), base)
        return Response(answer.body, status_code=answer.status, media_type=answer.media_type, headers=headers)

    @get("/sandbox/mapbox/requests")
    async def requests() -> dict[str, int]:
        return dict(emulator.requests)

    @get("/sandbox/mapbox/behaviour")
    async def get_behaviour() -> MapboxBehaviour:
        return behaviour

    @post("/sandbox/mapbox/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[MapboxBehaviour]) -> MapboxBehaviour:
        behaviour.outage, behaviour.refuse_token = data.outage, data.refuse_token
        return behaviour

    return [mapbox, requests, get_behaviour, set_behaviour]


def _push_routes(service: PushService, behaviour: PushBehaviour) -> list[Any]:
    # Pages of any origin make browsers: in tests they stand in for the browser's own push service.
    headers = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}

    def base(request: Request[Any, Any, Any]) -> str:
        return f"{request.url.scheme}://{request.url.netloc}"

    @post("/push/{token:str}")
    async def receive(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        if behaviour.delay_ms:
            await asyncio.sleep(behaviour.delay_ms / 1000)
        answer = service.receive(token, await request.body(), dict(request.headers), base(request))
        return Response(answer.detail, status_code=answer.status, headers=dict(answer.headers))

    @post("/sandbox/push/browsers")
    async def subscribe(
        request: Request[Any, Any, Any], data: JSONBody[NewBrowser]
    ) -> Response[dict[str, Any]]:
        return Response(service.subscribe(base(request), data), headers=headers)

    @delete("/sandbox/push/browsers/{token:str}")
    async def unsubscribe(token: FromPath[str]) -> None:
        service.unsubscribe(token)

    @get("/sandbox/push/messages")
    async def messages(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"messages": service.messages(request.query_params.get("browser"))}

    @get("/sandbox/push/behaviour")
    async def get_behaviour() -> PushBehaviour:
        return behaviour

    @post("/sandbox/push/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[PushBehaviour]) -> PushBehaviour:
        for name in data.__struct_fields__:
            setattr(behaviour, name, getattr(data, name))
        return behaviour

    return [receive, subscribe, unsubscribe, messages, get_behaviour, set_behaviour]


def _check_routes(behaviour: CheckBehaviour) -> list[Any]:
    @route("/checks/{kind:str}/v1/{path:path}", http_method=["GET", "POST"])
    async def checks(
        request: Request[Any, Any, Any], kind: FromPath[str], path: FromPath[str]
    ) -> Response[str]:
        check_request = CheckRequest(
            request.method,
            kind,
            path.strip("/"),
            await request.body(),
            request.headers.get("authorization", ""),
            request.headers.get("idempotency-key"),
        )
        result = await request.app.state.checks.handle(check_request)
        response_class = _UnansweredResponse if result.unanswered else Response[str]
        return response_class(result.body, status_code=result.status, media_type=MediaType.JSON)

    @get("/sandbox/checks")
    async def reports(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"reports": request.app.state.checks.reports(MESSAGES_SHOWN)}

    @get("/sandbox/checks/behaviour")
    async def get_behaviour() -> CheckBehaviour:
        return behaviour

    @post("/sandbox/checks/behaviour", status_code=200)
    async def set_behaviour(data: JSONBody[CheckBehaviourChange]) -> CheckBehaviour:
        behaviour.apply(data)
        return behaviour

    return [checks, reports, get_behaviour, set_behaviour]
